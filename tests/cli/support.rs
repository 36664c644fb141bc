//! Runs the command in a clean environment.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

/// The command with arguments, and without the settings of whoever runs the tests.
pub(crate) fn cli<S: AsRef<str>>(args: &[S]) -> Cli {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arcgis-analysis"));
    command
        .args(args.iter().map(AsRef::as_ref))
        .current_dir(root());
    for name in [
        "PORTAL",
        "USERNAME",
        "PASSWORD",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "TOKEN",
        "API_KEY",
    ] {
        command.env_remove(format!("ARCGIS_{name}"));
    }
    command.env("ARCGIS_ANALYSIS_STATE", state());
    // The keyring of whoever runs the tests is no business of theirs.
    command.env("ARCGIS_ANALYSIS_KEYRING", "off");
    Cli {
        command,
        stdin: String::new(),
    }
}

pub(crate) struct Cli {
    command: Command,
    stdin: String,
}

impl Cli {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Lets the command write no file larger than so many blocks of 512 bytes, and hear of it as of a full disk.
    #[cfg(unix)]
    pub(crate) fn in_files_of(self, blocks: usize) -> Self {
        let mut command = Command::new("sh");
        let limited = "trap '' XFSZ; ulimit -f $0 && exec \"$@\"";
        command.args(["-c", limited, &blocks.to_string()]);
        command.arg(self.command.get_program());
        command.args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(root());
        Self { command, ..self }
    }

    pub(crate) fn stdin(mut self, text: &str) -> Self {
        self.stdin = text.to_owned();
        self
    }

    pub(crate) fn start(mut self) -> Child {
        let pipes = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        // A command that never reads stdin may be gone already, which is its right.
        let _ = child.stdin.take().unwrap().write_all(self.stdin.as_bytes());
        child
    }

    pub(crate) fn run(self) -> Ran {
        Ran::of(self.start())
    }
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(child: Child) -> Self {
        let output = child.wait_with_output().unwrap();
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{self:?}");
        self
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error that is told as JSON on stderr.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        let value: Value =
            serde_json::from_str(&self.stderr).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        value["error"].clone()
    }
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}

/// A folder for what the command keeps, shared by the tests that do not look at it.
fn state() -> &'static Path {
    static STATE: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    STATE.path()
}

/// Sample data of the repository.
pub(crate) fn data(name: &str) -> String {
    root()
        .join("tests/data")
        .join(name)
        .to_str()
        .unwrap()
        .to_owned()
}

/// Reads a JSON file.
pub(crate) fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Numbers that look like chance and are the same each time, after Marsaglia.
pub(crate) fn chance(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
