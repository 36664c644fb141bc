//! The portal's content: items of hosted feature services and of files, what is published from them, folders, and the search for
//! items.

mod add;
mod items;
mod manage;
mod papers;
mod publish;
mod search;
mod source;

pub(crate) use add::{add, add_part, commit, related, status, update};
pub(crate) use items::{
    create_folder, create_service, data, delete, delete_folder, describe, find, is_name_available,
    list, no_groups, path, see, users_item,
};
pub(crate) use manage::{
    can_delete, can_reassign, comments, copy, delete_items, dependencies, move_to, protect,
    reassign, share, share_item, share_items, unprotect, unshare, unshare_item, unshare_items,
};
pub(crate) use papers::{
    add_resources, delete_thumbnail, info, remove_resources, resource, resources, update_thumbnail,
};
pub(crate) use publish::{analyze, generate, publish};
pub(crate) use search::search;
pub(crate) use source::{FileType, layers};
