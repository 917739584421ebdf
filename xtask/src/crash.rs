//! `cargo xtask crash`: `kill -9` under load, restart, and compare with what was acknowledged.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use pico_args::Arguments;
use serde_json::Value;

use crate::programs::{self, Profile};
use crate::server::{self, Server};
use crate::{shell, wait};

/// The server is killed so long after the load has started, at a time that is drawn.
const KILLED_AFTER_MS: std::ops::Range<u64> = 200..2_200;

/// Each round has its traces; the folder is the same in all, so that later rounds begin with what earlier ones left.
pub(crate) fn run(mut args: Arguments) -> anyhow::Result<()> {
    let rounds: u64 = args.opt_value_from_str("--rounds")?.unwrap_or(10);
    let rate: u64 = args.opt_value_from_str("--rate")?.unwrap_or(20_000);
    let programs = programs::build(Profile::take(&mut args), &["wakeful", "wakeful-load"])?;
    shell::finish(args)?;
    let folder = tempfile::tempdir()?;
    let crash = Crash {
        programs,
        folder: folder.path().to_owned(),
        rate,
    };

    let mut total = Sum::default();
    for round in 0..rounds {
        let sum = crash.round(round).with_context(|| format!("round {round}"))?;
        println!("round {round}: {sum}");
        total.add(&sum);
    }
    let server = crash.start()?;
    let mut again = Sum::default();
    for round in 0..rounds {
        again.add(&crash.compare(&server, round)?);
    }
    println!("{rounds} rounds: {total}");
    println!("all rounds again, after the last: {again}");
    if total.is_clean() && again.is_clean() {
        Ok(())
    } else {
        bail!("what was acknowledged was not kept")
    }
}

struct Crash {
    programs: PathBuf,
    folder: PathBuf,
    rate: u64,
}

impl Crash {
    fn start(&self) -> anyhow::Result<Server> {
        Server::wakeful(&self.programs.join("wakeful"), &self.folder.join("data"))
    }

    fn ledger(&self, round: u64) -> PathBuf {
        self.folder.join(format!("ledger-{round}"))
    }

    fn load(&self) -> PathBuf {
        self.programs.join("wakeful-load")
    }

    fn round(&self, round: u64) -> anyhow::Result<Sum> {
        let server = self.start()?;
        let mut load = server::load(&self.load());
        let spans = self.rate * KILLED_AFTER_MS.end / 1_000 * 2;
        load.args([
            "send",
            "--target",
            &format!("grpc://{}", server.otlp_grpc),
            "--seed",
            &(round + 1).to_string(),
        ]);
        load.args(["--rate", &self.rate.to_string(), "--spans", &spans.to_string()]);
        let mut load = load
            .arg("--ledger")
            .arg(self.ledger(round))
            .stdout(Stdio::null())
            .spawn()?;
        wait::pause(draw_delay());
        // By SIGKILL.
        drop(server);
        if !load.wait()?.success() {
            bail!("the load ended with an error, which is above");
        }
        self.compare(&self.start()?, round)
    }

    fn compare(&self, server: &Server, round: u64) -> anyhow::Result<Sum> {
        let ledger = self.ledger(round);
        let acknowledged = acknowledged(&ledger)?;
        let mut verify = server::load(&self.load());
        verify
            .args(["verify", "--api", &server.api(), "--ledger"])
            .arg(&ledger);
        let output = verify.stderr(Stdio::inherit()).output()?;
        let verdict: Value =
            serde_json::from_slice(&output.stdout).context("the comparison gave no verdict")?;
        let count = |name: &str| verdict[name].as_u64().unwrap_or_default();
        Ok(Sum {
            acknowledged,
            found: count("found"),
            lost: count("lost"),
            twice: count("twice"),
            foreign: count("foreign"),
        })
    }
}

/// How many spans a ledger has as acknowledged.
fn acknowledged(ledger: &Path) -> anyhow::Result<u64> {
    let file = std::io::BufReader::new(std::fs::File::open(ledger)?);
    let ledger = wakeful_testkit::Ledger::read(file)?;
    Ok(ledger
        .entries()
        .iter()
        .map(|entry| u64::from(entry.acknowledged))
        .sum())
}

/// Chance from the clock: which moment a crash hits is what the rounds are for.
fn draw_delay() -> Duration {
    let nanos = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos());
    let span = KILLED_AFTER_MS.end - KILLED_AFTER_MS.start;
    Duration::from_millis(KILLED_AFTER_MS.start + u64::from(nanos / 1_000) % span)
}

#[derive(Debug, Default)]
struct Sum {
    acknowledged: u64,
    found: u64,
    lost: u64,
    twice: u64,
    foreign: u64,
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.acknowledged += other.acknowledged;
        self.found += other.found;
        self.lost += other.lost;
        self.twice += other.twice;
        self.foreign += other.foreign;
    }

    fn is_clean(&self) -> bool {
        self.acknowledged > 0 && self.lost == 0 && self.twice == 0 && self.foreign == 0
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            acknowledged,
            found,
            lost,
            twice,
            foreign,
        } = self;
        write!(
            f,
            "{acknowledged} spans acknowledged, {found} found, {lost} lost, {twice} twice, {foreign} never sent"
        )
    }
}
