//! Maintainer tasks: parse, call, say what happened, choose the exit code.

use clap::{Args, Parser, Subcommand};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use xtask::diagnostic::{self, Finding};
use xtask::diff::{Class, Report};
use xtask::fileset::FileSet;
use xtask::import::Existing;
use xtask::source::SourceFile;
use xtask::{emit, load, new_task, spec};

/// The specs are broken, or something else went wrong.
const BROKEN: u8 = 1;
/// Generated files are not up to date.
const STALE: u8 = 4;
/// Specs changed, and no caller needs to.
const CHANGED: u8 = 5;
/// Specs changed in a way that breaks callers.
const BREAKING: u8 = 6;

/// Maintainer tasks of the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generate the service crates and the schemas from the task specs.
    Codegen {
        /// Write nothing; name what is out of date and exit with 4.
        #[arg(long, conflicts_with = "diff")]
        check: bool,
        /// Write nothing; show what would change and exit with 4 if anything would.
        #[arg(long)]
        diff: bool,
        #[command(flatten)]
        toolbox: Toolbox,
    },
    /// Bring specs in line with what a geoprocessing service says of itself, and report what changed.
    ///
    /// Exit codes: 0 nothing changed, 1 refused, 5 something changed, 6 something changed that breaks callers.
    Import {
        /// The service; without it, the one of the workspace that has the tasks.
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        #[command(flatten)]
        toolbox: Toolbox,
        /// Write nothing; only report.
        #[arg(long)]
        dry_run: bool,
        /// Report as JSON.
        #[arg(long)]
        json: bool,
        /// The URL of a GPServer or of a task, saved `?f=json` pages, or a folder of such.
        #[arg(required = true, value_name = "SOURCE")]
        sources: Vec<String>,
    },
    /// Report what changed between two sets of specs, with the exit codes of `import`.
    Diff {
        /// A folder of specs, or a git revision.
        old: String,
        /// A folder of specs, or a git revision.
        new: String,
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say what is wrong with the task specs.
    Lint,
    /// Begin the spec of a new task.
    NewTask {
        /// The folder of the service, for example `spatial-analysis`.
        service: String,
        /// The task's name on the wire, for example `MergeLayers`.
        name: String,
    },
}

/// Specs and a crate outside of the workspace.
#[derive(Debug, Args)]
struct Toolbox {
    /// The folder of the specs, a folder a service; without it, that of the workspace.
    #[arg(long, value_name = "DIR")]
    specs: Option<PathBuf>,
    /// The folder of the crate that is generated from them.
    #[arg(long = "crate", value_name = "DIR", requires = "specs")]
    folder: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(BROKEN)
        }
    }
}

fn run(command: Command) -> std::io::Result<ExitCode> {
    let root = root()?;
    match command {
        Command::Codegen {
            check,
            diff,
            toolbox,
        } => codegen(&root, &toolbox, check, diff),
        Command::Import {
            service,
            toolbox,
            dry_run,
            json,
            sources,
        } => import(&root, service, &toolbox, dry_run, json, &sources),
        Command::Diff { old, new, json } => {
            let read = |place: &str| xtask::diff::read(&root, place).map_err(other);
            let (old, new) = (read(&old)?, read(&new)?);
            let crates = xtask::import::crates(&new);
            let report = Report::new(xtask::diff::compare(&old, &new).map_err(other)?);
            Ok(told(&report.with_crates(crates), json))
        }
        Command::Lint => lint(&root),
        Command::NewTask { service, name } => {
            let path = new_task::write(&root, &service, &name)?;
            println!(
                "Wrote {}.",
                path.strip_prefix(&root).unwrap_or(&path).display()
            );
            println!(
                "Fill in what is marked; `cargo xtask lint` shows what is left, `{}` does the rest.",
                emit::COMMAND
            );
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The root of the workspace: where the specs are.
fn root() -> std::io::Result<PathBuf> {
    let here = std::env::current_dir()?;
    let root = here
        .ancestors()
        .find(|folder| folder.join(spec::FOLDER).is_dir() && folder.join("crates").is_dir());
    root.map(Path::to_path_buf).ok_or_else(|| {
        let message = format!(
            "there is no `{}` here or above; run this within the workspace",
            spec::FOLDER
        );
        std::io::Error::new(std::io::ErrorKind::NotFound, message)
    })
}

fn codegen(root: &Path, toolbox: &Toolbox, check: bool, diff: bool) -> std::io::Result<ExitCode> {
    let files = load::folder(&specs_folder(root, toolbox))?;
    let (root, wanted) = match &toolbox.folder {
        Some(folder) => (folder.clone(), toolbox_files(root, &files, folder)?),
        None => (root.to_path_buf(), xtask::generate(&files)),
    };
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(findings) => return Ok(broken(&findings, &files)),
    };
    // A folder in `crates` without a manifest would keep Cargo from loading the workspace, and this tool with it.
    if let Some(absent) = wanted.folders_without_manifest(&root).first() {
        let message = format!(
            "there is no `{absent}/Cargo.toml`; add it and `{absent}/src/lib.rs`, as in `crates/arcgis-analysis-spatial`"
        );
        return Err(std::io::Error::new(std::io::ErrorKind::NotFound, message));
    }
    let found = match &toolbox.folder {
        Some(folder) => FileSet::found_in(folder)?,
        None => FileSet::found(&root)?,
    };
    let drift = wanted.drift(&found);
    let count = drift.len();
    if drift.is_empty() {
        println!("{} generated files are up to date.", wanted.iter().count());
        return Ok(ExitCode::SUCCESS);
    }
    if diff {
        print!("{}", wanted.diff(&found, &drift));
        return Ok(ExitCode::from(STALE));
    }
    for drift in &drift {
        println!("{drift}");
    }
    if check {
        eprintln!(
            "error: {} not up to date; run `{}`",
            plural(count, "generated file is", "generated files are"),
            emit::COMMAND
        );
        return Ok(ExitCode::from(STALE));
    }
    wanted.write(&root, &drift)?;
    println!("Brought {} up to date.", plural(count, "file", "files"));
    Ok(ExitCode::SUCCESS)
}

fn specs_folder(root: &Path, toolbox: &Toolbox) -> PathBuf {
    let own = toolbox.specs.clone();
    own.unwrap_or_else(|| root.join(spec::FOLDER))
}

/// The files of a crate outside of the workspace; what its owner wrote of the shell stays.
fn toolbox_files(
    root: &Path,
    files: &[SourceFile],
    folder: &Path,
) -> std::io::Result<Result<FileSet, Vec<Finding>>> {
    let services: Vec<_> = xtask::import::crates(files).into_keys().collect();
    let [service] = services.as_slice() else {
        let message = format!(
            "a crate is made of one service, and the specs hold {}",
            plural(services.len(), "service", "services")
        );
        return Err(other(message));
    };
    std::fs::create_dir_all(folder)?;
    let types = root.join("crates/arcgis-analysis-types").canonicalize()?;
    let types = xtask::import::way(&folder.canonicalize()?, &types);
    let wanted = xtask::import::crate_files(files, service, &types);
    Ok(wanted.map(|wanted| {
        let own = |path: &str| {
            matches!(path, xtask::import::MANIFEST | xtask::import::ROOT)
                && folder.join(path).is_file()
        };
        wanted.without(own)
    }))
}

fn import(
    root: &Path,
    service: Option<String>,
    toolbox: &Toolbox,
    dry_run: bool,
    json: bool,
    sources: &[String],
) -> std::io::Result<ExitCode> {
    let specs = specs_folder(root, toolbox);
    std::fs::create_dir_all(&specs)?;
    let description = xtask::import::read(sources);
    let existing = Existing {
        files: load::folder(&specs)?,
    };
    let service = match service.or_else(|| xtask::import::service_of(&existing, &description)) {
        Some(service) => service,
        None => return Err(other("no service has these tasks; name it by --service")),
    };
    let imported = match xtask::import::run(&service, &existing, &description) {
        Ok(imported) => imported,
        Err(refusals) => {
            for refusal in refusals {
                eprintln!("error: {refusal}");
            }
            return Ok(ExitCode::from(BROKEN));
        }
    };
    let findings = xtask::check(&imported.files);
    if toolbox.folder.is_some() && !findings.is_empty() {
        return Ok(broken(&findings, &imported.files));
    }
    if !dry_run {
        imported.write(&specs, &existing)?;
        if let Some(folder) = &toolbox.folder
            && let Ok(wanted) = toolbox_files(root, &imported.files, folder)?
        {
            let found = FileSet::found_in(folder)?;
            wanted.write(folder, &wanted.drift(&found))?;
        }
    }
    let code = told(&imported.report, json);
    if !findings.is_empty() {
        eprintln!(
            "note: {} to mend in the specs; `cargo xtask lint` shows where",
            plural(findings.len(), "place is", "places are")
        );
    }
    Ok(code)
}

/// Prints a report, and says by the exit code whether anything changed and whether that breaks callers.
fn told(report: &Report, json: bool) -> ExitCode {
    if json {
        println!("{:#}", report.json());
    } else {
        print!("{}", report.text());
    }
    match report.class() {
        None => ExitCode::SUCCESS,
        Some(Class::Breaking) => ExitCode::from(BREAKING),
        Some(_) => ExitCode::from(CHANGED),
    }
}

fn other(message: impl Into<String>) -> std::io::Error {
    std::io::Error::other(message.into())
}

fn lint(root: &Path) -> std::io::Result<ExitCode> {
    let files = load::files(root)?;
    let findings = xtask::check(&files);
    if !findings.is_empty() {
        return Ok(broken(&findings, &files));
    }
    println!("{} in order.", plural(files.len(), "spec is", "specs are"));
    Ok(ExitCode::SUCCESS)
}

fn broken(findings: &[Finding], files: &[SourceFile]) -> ExitCode {
    let colour = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    eprint!("{}", diagnostic::render(findings, files, colour));
    eprintln!(
        "error: {} in the specs",
        plural(findings.len(), "mistake", "mistakes")
    );
    ExitCode::from(BROKEN)
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
