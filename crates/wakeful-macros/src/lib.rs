//! The attribute `#[wakeful::main]`, which the crate `wakeful` gives out and describes.
//!
//! A function's signature is passed through token by token, so no parser for the whole language has to be compiled for it.

use std::fmt::Write as _;

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// Runs an `async fn main` on a Tokio runtime that is watched. See `wakeful::main`.
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, function: TokenStream) -> TokenStream {
    expand(arguments, function).unwrap_or_else(|message| error(&message))
}

fn expand(arguments: TokenStream, function: TokenStream) -> Result<TokenStream, String> {
    let builder = builder(arguments)?;
    let mut signature: Vec<TokenTree> = function.into_iter().collect();
    let Some(TokenTree::Group(body)) = signature.pop() else {
        return Err("#[wakeful::main] is for a function with a body".to_owned());
    };
    let is_async = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word.to_string() == "async");
    let Some(at) = signature.iter().position(is_async) else {
        return Err("#[wakeful::main] is for an async fn; write `async fn main()`".to_owned());
    };
    signature.remove(at);
    if main_takes_something(&signature) {
        return Err("`main` takes no arguments; read them by std::env::args".to_owned());
    }
    // `run(builder, async body)`, as the function's whole body.
    let mut call: TokenStream = parse(&format!("{builder}, async"))?;
    call.extend([TokenTree::Group(body)]);
    let mut whole: TokenStream = parse("::wakeful::__private::run")?;
    whole.extend([TokenTree::Group(Group::new(Delimiter::Parenthesis, call))]);
    let mut out: TokenStream = signature.into_iter().collect();
    out.extend([TokenTree::Group(Group::new(Delimiter::Brace, whole))]);
    Ok(out)
}

/// Whether what stands in parentheses behind `fn main` is not empty. Those before and behind belong to `pub(crate)` and to what it returns.
fn main_takes_something(signature: &[TokenTree]) -> bool {
    let is_main = |pair: &[TokenTree]| pair[0].to_string() == "fn" && pair[1].to_string() == "main";
    let Some(at) = signature.windows(2).position(is_main) else {
        return false;
    };
    matches!(signature.get(at + 2), Some(TokenTree::Group(group))
        if group.delimiter() == Delimiter::Parenthesis && !group.stream().is_empty())
}

/// The expression that makes the runtime's builder, by the attribute's arguments: `name = literal`, separated by commas.
fn builder(arguments: TokenStream) -> Result<String, String> {
    let mut tokens = arguments.into_iter();
    let mut flavor = "new_multi_thread";
    let mut has_workers = false;
    let mut calls = String::from("builder.enable_all();");
    while let Some(name) = tokens.next() {
        let equals = tokens.next().map(|token| token.to_string());
        let (Some("="), Some(TokenTree::Literal(value))) = (equals.as_deref(), tokens.next()) else {
            return Err(format!(
                "`{name}` needs a value: flavor = \"current_thread\", worker_threads = 4, name = \"main\""
            ));
        };
        match (name.to_string().as_str(), value.to_string().as_str()) {
            ("flavor", "\"multi_thread\"") => {}
            ("flavor", "\"current_thread\"") => flavor = "new_current_thread",
            ("worker_threads", "0") => return Err("worker_threads must be 1 or more".to_owned()),
            ("worker_threads", count) => {
                has_workers = true;
                add(&mut calls, "worker_threads", count);
            }
            ("name", text) => add(&mut calls, "name", text),
            ("flavor", other) => {
                return Err(format!(
                    "the flavor is \"multi_thread\" or \"current_thread\", not {other}"
                ));
            }
            (other, _) => return Err(format!("`{other}` is none of flavor, worker_threads and name")),
        }
        match tokens.next().map(|token| token.to_string()).as_deref() {
            None | Some(",") => {}
            Some(other) => return Err(format!("expected a comma, found `{other}`")),
        }
    }
    if has_workers && flavor == "new_current_thread" {
        return Err("the flavor \"current_thread\" has no workers; leave worker_threads out".to_owned());
    }
    Ok(format!(
        "{{ let mut builder = ::tokio::runtime::Builder::{flavor}(); {calls} builder }}"
    ))
}

fn add(calls: &mut String, method: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = write!(calls, "builder.{method}({value});");
}

fn parse(code: &str) -> Result<TokenStream, String> {
    code.parse()
        .map_err(|error| format!("cannot write the runtime's beginning: {error}"))
}

fn error(message: &str) -> TokenStream {
    // A message has no braces or quotes that its debug form does not escape.
    format!("::core::compile_error!({message:?});")
        .parse()
        .unwrap_or_default()
}
