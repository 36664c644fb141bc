//! The portal's content: items of hosted feature services and of files, folders, and the search for items.

mod items;
mod search;

pub(crate) use items::{
    create_folder, create_service, data, delete, delete_folder, describe, find, is_name_available,
    list, no_groups, path,
};
pub(crate) use search::search;
