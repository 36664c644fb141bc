//! Maintainer tasks.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = std::path::Path::new("task-specs");
    for dir in std::fs::read_dir(root)? {
        let dir = dir?.path();
        if !dir.join("service.json").is_file() {
            continue;
        }
        let service = serde_json::from_str(&std::fs::read_to_string(dir.join("service.json"))?)?;
        let mut tasks = Vec::new();
        for file in std::fs::read_dir(&dir)? {
            let file = file?.path();
            if file.file_name().is_some_and(|n| n != "service.json") {
                let text = std::fs::read_to_string(&file)?;
                let task =
                    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
                tasks.push((
                    file.file_name()
                        .unwrap_or_default()
                        .to_string_lossy()
                        .into_owned(),
                    task,
                ));
            }
        }
        let folder = dir
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let ir = xtask::lower::lower(&xtask::lower::ServiceSpec {
            folder,
            service,
            tasks,
        });
        for (path, text) in xtask::emit::emit(&ir).iter() {
            if let Some(p) = std::path::Path::new(path).parent() {
                std::fs::create_dir_all(p)?;
            }
            std::fs::write(path, text)?;
        }
    }
    Ok(())
}
