//! Datagrams that the system dropped because we were too slow to fetch them.

use std::fs;

/// How many of them there were at a UDP port; `None` where the system does not say.
pub(crate) fn at_port(port: u16) -> Option<u64> {
    let tables = ["/proc/self/net/udp", "/proc/self/net/udp6"];
    let drops = tables.iter().filter_map(|table| fs::read_to_string(table).ok());
    drops
        .filter_map(|table| in_table(&table, port))
        .reduce(|sum, drops| sum + drops)
}

/// The sum over the sockets of a port in a table of the kernel's, whose first line is a heading. The local address is
/// the second field (`0100007F:1AAF`), the drops are the last.
fn in_table(table: &str, port: u16) -> Option<u64> {
    let suffix = format!(":{port:04X}");
    let sockets = table.lines().skip(1).filter(|line| {
        let address = line.split_ascii_whitespace().nth(1);
        address.is_some_and(|address| address.ends_with(&suffix))
    });
    let drops = sockets.filter_map(|line| line.split_ascii_whitespace().next_back()?.parse::<u64>().ok());
    drops.reduce(|sum, drops| sum + drops)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sockets_of_a_port_are_found() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
             1: 0100007F:1AAF 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 17\n\
             2: 0200007F:1AAF 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 3\n\
             3: 0100007F:1AB0 00000000:1AAF 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 5\n";
        assert_eq!(in_table(table, 6831), Some(20));
        assert_eq!(in_table(table, 6832), Some(5));
        assert_eq!(in_table(table, 1), None);
    }
}
