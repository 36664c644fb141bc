//! The portal's content: items of hosted feature services and of files, what is published from them, folders, and the search for
//! items.

mod add;
mod items;
mod publish;
mod search;
mod source;

pub(crate) use add::{add, add_part, commit, related, status, update};
pub(crate) use items::{
    create_folder, create_service, data, delete, delete_folder, describe, find, is_name_available,
    list, no_groups, path, users_item,
};
pub(crate) use publish::{analyze, generate, publish};
pub(crate) use search::search;
