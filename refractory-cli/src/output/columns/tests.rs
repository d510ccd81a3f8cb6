use super::columns;

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|&cell| cell.to_owned()).collect()
}

#[test]
fn columns_line_up_and_end_without_blanks() {
    let rows = [row(&["NAME", "PHASE"]), row(&["friday-night", "on"]), row(&["b", ""])];
    assert_eq!(columns(&rows), ["NAME          PHASE", "friday-night  on", "b"]);
}

#[test]
fn the_second_line_of_a_last_cell_stands_below_the_first() {
    assert_eq!(columns(&[row(&["ok", "x", "one\ntwo"])]), ["ok  x  one\n       two"]);
}
