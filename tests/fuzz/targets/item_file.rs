//! What a portal answers to whoever downloads a file of an item: what it is, and where it lies.

use super::support::{Server, TOKEN, Told, parts, run};
use arcgis_analysis::types::{FromResult, ItemOutput};
use arcgis_analysis::{Credentials, Portal};
use serde_json::json;

/// The parts are the description of an item and what comes for its file, from the portal or from where that sends.
///
/// It ends. A name of a file leads out of no folder. The file is what the last answer held. The token goes to the portal
/// and to servers of the same system, not to where the portal sends.
pub fn item_file(data: &[u8]) {
    let parts = parts(data);
    let server = Server::new(&[TOKEN], [("/portals/self", json!({}))], &parts);
    let item = json!({ "itemId": "0123456789abcdef0123456789abcdef" });
    let item = ItemOutput::from_result("out", item).unwrap().unwrap();
    let file = run(async {
        let builder = Portal::builder("https://gis.example.org/portal")
            .credentials(Credentials::token(TOKEN))
            .transport(server.clone());
        builder.connect().await.unwrap().item_file(&item).await
    });
    match file {
        Err(error) => server.check_error(&error),
        Ok(file) => {
            server.hidden(&format!("{file:?}"));
            server.hidden(&file.item_type);
            if let Some(name) = &file.name {
                server.hidden(name);
                let leads = name.contains(['/', '\\']) || name.contains(char::is_control);
                assert!(
                    !leads && !name.trim_matches(['.', ' ']).is_empty(),
                    "{name:?}"
                );
            }
            let Told::Answer { body, .. } = server.asked().pop().unwrap().told else {
                panic!("a file came of nothing")
            };
            assert_eq!(body, file.bytes);
        }
    }
    server.check(|_, url| url.as_str().starts_with("https://gis.example.org/"));
}
