//! What `top` goes by: flags, then `console.toml` of the working folder, then that of the user, then defaults.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;
use wakeful_live::{Lint, Linter, Thresholds};

use super::address::Address;
use super::style::Styles;
use crate::args::{Allowed, Palette, RetainFor, TopArgs};

/// What a screen goes by.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) address: Address,
    /// Which of a server's programs to show.
    pub(crate) program: Option<String>,
    /// How long ago what is to be shown was, in nanoseconds; of a server alone.
    pub(crate) back: Option<u64>,
    pub(crate) retain_for: RetainFor,
    pub(crate) linter: Linter,
    pub(crate) styles: Styles,
}

/// tokio-console's file. Unknown keys are an error, as there.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    default_target_addr: Option<String>,
    log: Option<String>,
    warnings: Option<Vec<String>>,
    allow_warnings: Option<AllowWarnings>,
    log_directory: Option<PathBuf>,
    retention: Option<Retention>,
    #[serde(default)]
    charset: Charset,
    #[serde(default)]
    colors: Colors,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Charset {
    lang: Option<String>,
    ascii_only: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Colors {
    enabled: Option<bool>,
    truecolor: Option<bool>,
    palette: Option<Palette>,
    #[serde(default)]
    enable: Enable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Enable {
    durations: Option<bool>,
    terminated: Option<bool>,
}

/// As tokio-console's `gen-config` writes it, and as one would write it by hand.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum AllowWarnings {
    Word(String),
    List(Vec<String>),
    Tagged {
        #[serde(rename = "Explicit")]
        explicit: Vec<String>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Retention {
    Text(String),
    Parts { secs: u64, nanos: u64 },
}

impl File {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        toml::from_str(&text)
            .with_context(|| format!("{} is not a console.toml; mend or remove it", path.display()))
    }

    /// This file over another.
    fn over(self, other: Self) -> Self {
        Self {
            default_target_addr: self.default_target_addr.or(other.default_target_addr),
            log: self.log.or(other.log),
            warnings: self.warnings.or(other.warnings),
            allow_warnings: self.allow_warnings.or(other.allow_warnings),
            log_directory: self.log_directory.or(other.log_directory),
            retention: self.retention.or(other.retention),
            charset: Charset {
                lang: self.charset.lang.or(other.charset.lang),
                ascii_only: self.charset.ascii_only.or(other.charset.ascii_only),
            },
            colors: Colors {
                enabled: self.colors.enabled.or(other.colors.enabled),
                truecolor: self.colors.truecolor.or(other.colors.truecolor),
                palette: self.colors.palette.or(other.colors.palette),
                enable: Enable {
                    durations: self.colors.enable.durations.or(other.colors.enable.durations),
                    terminated: self.colors.enable.terminated.or(other.colors.enable.terminated),
                },
            },
        }
    }
}

impl Settings {
    /// Puts flags, environment and files together.
    pub(crate) fn gather(args: &TopArgs) -> anyhow::Result<Self> {
        let user = match directories::BaseDirs::new() {
            Some(folders) => File::read(&folders.config_dir().join("tokio-console/console.toml"))?,
            None => File::default(),
        };
        let file = File::read(Path::new("console.toml"))?.over(user);
        if file.log.is_some() || file.log_directory.is_some() {
            // Nothing is left to tell if stderr is closed.
            let _ = writeln!(
                std::io::stderr(),
                "warning: `log` and `log_directory` of console.toml are tokio-console's; wakeful top keeps no log"
            );
        }
        let environment = Environment {
            no_color: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            term: std::env::var("TERM").unwrap_or_default(),
        };
        Self::of(args, file, &environment)
    }

    fn of(args: &TopArgs, file: File, environment: &Environment) -> anyhow::Result<Self> {
        let mut address = match args.target.as_ref().or(file.default_target_addr.as_ref()) {
            Some(address) => address.parse()?,
            None => Address::default(),
        };
        if args.program.is_some() || args.at.is_some() {
            address = address
                .of_server()
                .context("only a server has --program and --at; give its address, as http://HOST:16686")?;
        }
        let retain_for = match (args.retain_for, &file.retention) {
            (Some(retain_for), _) => retain_for,
            (None, Some(Retention::Text(text))) => text.parse().context("retention in console.toml")?,
            (None, Some(Retention::Parts { secs, nanos })) => {
                RetainFor(Some(secs.saturating_mul(1_000_000_000).saturating_add(*nanos)))
            }
            (None, None) => RetainFor::default(),
        };
        Ok(Self {
            address,
            program: args.program.clone(),
            back: args.at.map(|at| u64::try_from(at.as_nanos()).unwrap_or(u64::MAX)),
            retain_for,
            linter: Linter::new(Thresholds::default(), lints(args, &file)?),
            styles: styles(args, &file, environment),
        })
    }
}

/// What the terminal says of itself.
#[derive(Debug, Default)]
struct Environment {
    no_color: bool,
    term: String,
}

fn lints(args: &TopArgs, file: &File) -> anyhow::Result<Vec<Lint>> {
    let parse = |names: &[String]| -> anyhow::Result<Vec<Lint>> {
        let lints = names
            .iter()
            .map(|name| name.parse::<Lint>())
            .collect::<Result<_, _>>();
        lints.context("lints in console.toml")
    };
    let mut warned = match (&args.warn[..], &file.warnings) {
        ([], None) => Lint::ALL.to_vec(),
        // A file of tokio-console's lists its own, all that it knows; that says nothing about ours.
        ([], Some(names)) => {
            let ours = Lint::ALL.into_iter().filter(|lint| *lint >= Lint::LongPoll);
            parse(names)?.into_iter().chain(ours).collect()
        }
        (lints, _) => lints.to_vec(),
    };
    let mut allowed = args.allow.clone();
    match &file.allow_warnings {
        None => {}
        Some(AllowWarnings::Word(word)) if word.eq_ignore_ascii_case("all") => allowed.push(Allowed::All),
        Some(AllowWarnings::Word(word)) => allowed.push(Allowed::Lint(word.parse()?)),
        Some(AllowWarnings::List(names) | AllowWarnings::Tagged { explicit: names }) => {
            allowed.extend(parse(names)?.into_iter().map(Allowed::Lint));
        }
    }
    warned.retain(|lint| !allowed.contains(&Allowed::All) && !allowed.contains(&Allowed::Lint(*lint)));
    Ok(warned)
}

fn styles(args: &TopArgs, file: &File, environment: &Environment) -> Styles {
    let lang = file.charset.lang.as_deref().or(args.lang.as_deref());
    let utf8 = lang.is_none_or(|lang| {
        let lang = lang.to_ascii_lowercase();
        lang.ends_with("utf-8") || lang.ends_with("utf8")
    });
    let ascii_only = args.ascii_only.or(file.charset.ascii_only).unwrap_or(false);
    let truecolor = args
        .colorterm
        .as_deref()
        .map(|value| matches!(value, "truecolor" | "24bit"))
        .or(file.colors.truecolor)
        .unwrap_or(false);
    let off = args.no_colors || environment.no_color || file.colors.enabled == Some(false);
    let palette = match args.palette.or(file.colors.palette) {
        _ if off => Palette::Off,
        Some(palette) => palette,
        None if truecolor => Palette::All,
        None if environment.term.contains("256color") => Palette::Indexed,
        None => Palette::Sixteen,
    };
    let not = |flag: Option<bool>| flag.map(|no| !no);
    Styles {
        palette,
        utf8: utf8 && !ascii_only,
        durations: not(args.no_duration_colors)
            .or(file.colors.enable.durations)
            .unwrap_or(true),
        terminated: not(args.no_terminated_colors)
            .or(file.colors.enable.terminated)
            .unwrap_or(true),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use expect_test::{Expect, expect};

    use super::*;

    #[derive(clap::Parser)]
    #[command(args_override_self = true)]
    struct Line {
        #[command(flatten)]
        top: TopArgs,
    }

    fn check(flags: &[&str], file: &str, expected: Expect) {
        check_in(&Environment::default(), flags, file, expected);
    }

    fn check_in(environment: &Environment, flags: &[&str], file: &str, expected: Expect) {
        let line = Line::parse_from(
            ["top", "--lang", "C.UTF-8", "--colorterm", ""]
                .iter()
                .chain(flags),
        );
        let said = toml::from_str(file)
            .map_err(anyhow::Error::from)
            .and_then(|file| Settings::of(&line.top, file, environment));
        let said = match said {
            Ok(Settings {
                address,
                retain_for,
                linter,
                styles,
                program,
                back,
            }) => {
                let back = back.map(|back| format!("{back} ns ago"));
                let of_server: String = program
                    .into_iter()
                    .chain(back)
                    .map(|it| format!("{it} "))
                    .collect();
                let lints: Vec<_> = linter.lints().map(Lint::name).collect();
                format!("{address} {of_server}{:?} {lints:?} {styles:?}\n", retain_for.0)
            }
            Err(error) => format!("{error:#}\n"),
        };
        expected.assert_eq(&said);
    }

    #[test]
    fn nothing_said() {
        check(
            &[],
            "",
            expect![[r#"
            http://127.0.0.1:6669/ Some(6000000000) ["self-wakes", "lost-waker", "never-yielded", "auto-boxed-future", "large-future", "long-poll", "long-wait", "contention", "task-leak", "deadlock"] Styles { palette: Sixteen, utf8: true, durations: true, terminated: true }
        "#]],
        );
    }

    #[test]
    fn a_file_of_tokio_console() {
        let file = r#"
            default_target_addr = "http://web-1:7001"
            warnings = ["self-wakes", "lost-waker"]
            allow_warnings = { Explicit = ["self-wakes"] }
            retention = "1m 30s"
            [charset]
            ascii_only = true
            [colors]
            palette = "256"
            [colors.enable]
            durations = false
        "#;
        check(
            &[],
            file,
            expect![[r#"
            http://web-1:7001/ Some(90000000000) ["lost-waker", "long-poll", "long-wait", "contention", "task-leak", "deadlock"] Styles { palette: Indexed, utf8: false, durations: false, terminated: true }
        "#]],
        );
        let flags = [
            "http://web-2",
            "-W",
            "deadlock,long-poll",
            "--retain-for",
            "none",
            "--palette",
            "8",
        ];
        check(
            &flags,
            file,
            expect![[r#"
            http://web-2:6669/ None ["deadlock", "long-poll"] Styles { palette: Eight, utf8: false, durations: false, terminated: true }
        "#]],
        );
        check(
            &["-A", "all", "--no-colors"],
            file,
            expect![[r#"
            http://web-1:7001/ Some(90000000000) [] Styles { palette: Off, utf8: false, durations: false, terminated: true }
        "#]],
        );
    }

    #[test]
    fn what_the_terminal_says() {
        let environment = |no_color, term: &str| Environment {
            no_color,
            term: term.to_owned(),
        };
        let flags = ["-W", "deadlock"];
        let many = environment(false, "xterm-256color");
        check_in(
            &many,
            &flags,
            "",
            expect![[r#"
            http://127.0.0.1:6669/ Some(6000000000) ["deadlock"] Styles { palette: Indexed, utf8: true, durations: true, terminated: true }
        "#]],
        );
        check_in(
            &many,
            &["-W", "deadlock", "--colorterm", "24bit"],
            "",
            expect![[r#"
                http://127.0.0.1:6669/ Some(6000000000) ["deadlock"] Styles { palette: All, utf8: true, durations: true, terminated: true }
            "#]],
        );
        check_in(
            &many,
            &["-W", "deadlock", "--lang", "C"],
            "",
            expect![[r#"
            http://127.0.0.1:6669/ Some(6000000000) ["deadlock"] Styles { palette: Indexed, utf8: false, durations: true, terminated: true }
        "#]],
        );
        // NO_COLOR comes before what is said of colours.
        let none = environment(true, "xterm-256color");
        check_in(
            &none,
            &["-W", "deadlock", "--palette", "256"],
            "",
            expect![[r#"
            http://127.0.0.1:6669/ Some(6000000000) ["deadlock"] Styles { palette: Off, utf8: true, durations: true, terminated: true }
        "#]],
        );
    }

    #[test]
    fn a_server_by_its_program_or_time() {
        let flags = [
            "http://web-1:16686",
            "-W",
            "deadlock",
            "--program",
            "shop",
            "--at",
            "1h 30m",
        ];
        check(
            &flags,
            "",
            expect![[r#"
            http://web-1:16686/ shop 5400000000000 ns ago Some(6000000000) ["deadlock"] Styles { palette: Sixteen, utf8: true, durations: true, terminated: true }
        "#]],
        );
        let flags = ["file://localhost/run/c.sock", "--at", "10m"];
        check(
            &flags,
            "",
            expect![[r#"
            only a server has --program and --at; give its address, as http://HOST:16686
        "#]],
        );
    }

    #[test]
    fn wrong_settings_name_the_remedy() {
        check(
            &[],
            "colour = true",
            expect![[r#"
            TOML parse error at line 1, column 1
              |
            1 | colour = true
              | ^^^^^^
            unknown field `colour`, expected one of `default_target_addr`, `log`, `warnings`, `allow_warnings`, `log_directory`, `retention`, `charset`, `colors`

        "#]],
        );
        check(
            &[],
            "warnings = ['self-wake']",
            expect![[r#"
            lints in console.toml: no lint is called `self-wake`; there are self-wakes, lost-waker, never-yielded, auto-boxed-future, large-future, long-poll, long-wait, contention, task-leak, deadlock
        "#]],
        );
        check(
            &[],
            "retention = 'soon'",
            expect![[r#"
            retention in console.toml: `soon` is not a time; give one like 6s, 500ms or `1m 30s`
        "#]],
        );
        check(
            &["https://web-1"],
            "",
            expect![[r#"
            consoles do not speak https; give http, and bring it here through a tunnel (ssh -L) or a proxy
        "#]],
        );
    }
}
