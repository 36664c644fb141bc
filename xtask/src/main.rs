//! Maintainer tasks: parse, call, say what happened, choose the exit code.

use clap::{Parser, Subcommand};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use xtask::diagnostic::{self, Finding};
use xtask::fileset::FileSet;
use xtask::source::SourceFile;
use xtask::{emit, load, new_task, spec};

/// The specs are broken, or something else went wrong.
const BROKEN: u8 = 1;
/// Generated files are not up to date.
const STALE: u8 = 4;

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
        Command::Codegen { check, diff } => codegen(&root, check, diff),
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

fn codegen(root: &Path, check: bool, diff: bool) -> std::io::Result<ExitCode> {
    let files = load::files(root)?;
    let wanted = match xtask::generate(&files) {
        Ok(wanted) => wanted,
        Err(findings) => return Ok(broken(&findings, &files)),
    };
    // A folder in `crates` without a manifest would keep Cargo from loading the workspace, and this tool with it.
    if let Some(absent) = wanted.folders_without_manifest(root).first() {
        let message = format!(
            "there is no `{absent}/Cargo.toml`; add it and `{absent}/src/lib.rs`, as in `crates/arcgis-analysis-spatial`"
        );
        return Err(std::io::Error::new(std::io::ErrorKind::NotFound, message));
    }
    let found = FileSet::found(root)?;
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
    wanted.write(root, &drift)?;
    println!("Brought {} up to date.", plural(count, "file", "files"));
    Ok(ExitCode::SUCCESS)
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
