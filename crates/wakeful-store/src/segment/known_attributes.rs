//! Which attributes a segment has, and with which values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{Array, ArrayAccessor, MapArray, RecordBatch, StringArray};
use bytes::Bytes;
use parquet::arrow::arrow_reader::RowGroups as _;
use parquet::column::page::Page;
use wakeful_model::canonical_text;
use wakeful_wire::otlp::decode_resource;

use super::columns::{self, Promoted};
use super::pages::Pages;
use super::rows::{column, each_entry, shared_column};
use super::stages::{RESIDUAL, text_of};
use super::{Segment, SegmentError};
use crate::cache::{Cached, Part};

/// The attributes of a segment, without their values.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// Of spans, by whether they have a column of their own.
    pub(crate) of_spans: BTreeMap<String, Standing>,
    /// Of resources, with their values (canonical texts).
    pub(crate) of_resources: BTreeMap<String, BTreeSet<String>>,
}

/// Where an attribute of spans rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In a column of its own, and of another type perhaps among the rest.
    Column,
    /// Among the rest.
    Rest,
    /// In both.
    Both,
}

impl Keys {
    pub(crate) fn size_bytes(&self) -> usize {
        let of_resources = self.of_resources.iter();
        let values = of_resources
            .map(|(key, values)| key.len() + 64 + values.iter().map(|value| value.len() + 32).sum::<usize>());
        self.of_spans.keys().map(|key| key.len() + 32).sum::<usize>() + values.sum::<usize>()
    }
}

impl Segment {
    /// Its attributes: of the dictionaries that stand before the rows, without reading these.
    pub(crate) fn known_keys(&self) -> Result<Arc<Keys>, SegmentError> {
        if let Some(Cached::Keys(keys)) = self.cached(Part::Keys) {
            return Ok(keys);
        }
        let mut keys = Keys::default();
        let footer = self.footer()?;
        for promoted in footer.fields.iter().filter_map(|field| Promoted::of_field(field)) {
            keys.of_spans.insert(promoted.key, Standing::Column);
        }
        for (group, number) in footer.metadata.row_groups().iter().zip(0..) {
            let pages = self.pages(&footer, vec![number])?;
            for (chunk, column) in group.columns().iter().zip(0..) {
                let path = chunk.column_path().parts();
                let of_residual = path.len() == 3 && path[2] == "key" && RESIDUAL.contains(&path[0].as_str());
                if !of_residual && path != [columns::RESOURCE] {
                    continue;
                }
                let Some((page, count)) = dictionary_page(&pages, column)? else {
                    continue;
                };
                for entry in entries(&page, count) {
                    if of_residual {
                        add(&mut keys.of_spans, entry);
                    } else {
                        for attribute in decode_resource(entry).attributes {
                            let values = keys.of_resources.entry(attribute.key).or_default();
                            values.insert(canonical_text(&attribute.value).into_owned());
                        }
                    }
                }
            }
        }
        let keys = Arc::new(keys);
        self.keep(Part::Keys, Cached::Keys(Arc::clone(&keys)));
        Ok(keys)
    }

    /// Tells the canonical text of an attribute of each span of a row group that has it; of one service's, if given.
    pub(crate) fn known_values(
        &self,
        row_group: usize,
        key: &str,
        standing: Standing,
        service: Option<&str>,
        mut each: impl FnMut(&str),
    ) -> Result<(), SegmentError> {
        let own = format!("{}{key}", columns::PROMOTED_PREFIX);
        let mut names: Vec<&str> = Vec::new();
        if standing != Standing::Rest {
            names.push(&own);
        }
        if standing != Standing::Column {
            names.extend(RESIDUAL);
        }
        names.extend(service.map(|_| columns::SERVICE));
        let first: u32 = self.row_groups()[..row_group]
            .iter()
            .map(|group| group.rows)
            .sum();
        let rows = [(first, self.row_groups()[row_group].rows)];
        self.read_columns(&rows, &names, |batch| {
            let services = service.map(|_| shared_column::<StringArray>(batch, columns::SERVICE));
            let services = services.transpose()?;
            let is_wanted = |row: usize| {
                services
                    .zip(service)
                    .is_none_or(|(services, service)| services.value(row) == service)
            };
            if standing != Standing::Rest
                && let Some(values) = batch.column_by_name(&own)
            {
                let rows = (0..batch.num_rows()).filter(|row| values.is_valid(*row) && is_wanted(*row));
                rows.for_each(|row| each(&text_of(values, row)));
            }
            if standing != Standing::Column {
                residual_values(batch, key, is_wanted, &mut each)?;
            }
            Ok(())
        })
    }
}

fn residual_values(
    batch: &RecordBatch,
    key: &str,
    is_wanted: impl Fn(usize) -> bool,
    each: &mut impl FnMut(&str),
) -> Result<(), SegmentError> {
    for name in RESIDUAL {
        let map: &MapArray = column(batch, name)?;
        for row in (0..map.len()).filter(|row| map.is_valid(*row) && is_wanted(*row)) {
            each_entry(map, row, |found, value| {
                if found == key {
                    each(&canonical_text(&value));
                }
            });
        }
    }
    Ok(())
}

fn add(keys: &mut BTreeMap<String, Standing>, key: &[u8]) {
    // Keys are text in the schema, so others cannot stand there.
    let Ok(key) = std::str::from_utf8(key) else { return };
    match keys.get_mut(key) {
        Some(standing @ Standing::Column) => *standing = Standing::Both,
        Some(_) => {}
        None => {
            keys.insert(key.to_owned(), Standing::Rest);
        }
    }
}

/// The dictionary of a column of the first of some row groups, and how many entries it has; `None` if there is none.
pub(super) fn dictionary_page(pages: &Pages, column: usize) -> Result<Option<(Bytes, usize)>, SegmentError> {
    let mut of_column = pages.column_chunks(column)?;
    let mut first_page = of_column.next().transpose()?;
    let first_page = first_page.as_mut().map(|pages| pages.get_next_page());
    Ok(match first_page.transpose()? {
        Some(Some(Page::DictionaryPage { buf, num_values, .. })) => Some((buf, num_values as usize)),
        _ => None,
    })
}

/// Entries of a dictionary of byte strings, each behind its length (Parquet's encoding PLAIN).
pub(super) fn entries(mut page: &[u8], count: usize) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = page.split_first_chunk::<4>()?;
        let (entry, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        page = rest;
        Some(entry)
    })
    .take(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_that_is_cut_off_ends_there() {
        let page = [2, 0, 0, 0, b'a', b'b', 0, 0, 0, 0, 9, 0, 0, 0, b'c'];
        let read: Vec<_> = entries(&page, 5).collect();
        assert_eq!(read, [b"ab".as_slice(), b""]);
        assert_eq!(entries(&page, 1).count(), 1);
    }
}
