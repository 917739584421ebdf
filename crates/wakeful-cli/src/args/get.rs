//! What `get` is told.

use anyhow::{Context as _, anyhow};
use clap::Args;
use http::{HeaderName, HeaderValue, Uri};

#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// What to ask for; by http, not https
    #[arg(value_name = "URL", value_parser = parse_url)]
    pub(crate) url: Uri,
    /// Header to send, such as `jaeger-debug-id:needle`; may be given more than once
    #[arg(long = "header", value_name = "NAME:VALUE", value_parser = parse_header)]
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Begin a trace: send a new trace id that asks to be recorded
    #[arg(long)]
    pub(crate) gen_trace_id: bool,
    /// Header in which `--gen-trace-id` sends its context, in Jaeger's form; may be given more than once
    #[arg(
        long = "trace-id-header",
        value_name = "NAME",
        default_value = "uber-trace-id",
        requires = "gen_trace_id"
    )]
    pub(crate) trace_id_headers: Vec<HeaderName>,
    /// The page that shows the trace, for the link
    #[arg(
        long,
        value_name = "URL",
        env = "WAKEFUL_UI_URL",
        default_value = "http://localhost:16686"
    )]
    pub(crate) ui_url: Uri,
}

fn parse_url(text: &str) -> anyhow::Result<Uri> {
    let url: Uri = text
        .parse()
        .context("give a URL like http://localhost:8080/query")?;
    match url.scheme_str() {
        Some("http") if url.host().is_some() => Ok(url),
        _ => Err(anyhow!("give a URL that begins with http://")),
    }
}

fn parse_header(text: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let remedy = "give a name and a value with a colon between them, like jaeger-debug-id:needle";
    let (name, value) = text.split_once(':').context(remedy)?;
    Ok((
        name.trim().parse().context(remedy)?,
        value.trim().parse().context(remedy)?,
    ))
}
