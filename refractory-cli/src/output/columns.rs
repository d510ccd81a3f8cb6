//! Columns of text.

/// Lays rows out in columns, two blanks apart. Only the last cell of a row may have several lines.
pub(super) fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let width = |column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or_default();
    // The last column is as wide as it is.
    let widths: Vec<usize> = (0..count.saturating_sub(1)).map(width).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let indent: usize = widths.iter().map(|width| width + 2).sum();
    let mut text = String::new();
    for (index, cell) in row.iter().enumerate() {
        let wide = widths.get(index).copied().unwrap_or_default();
        let blanks = wide.saturating_sub(cell.chars().count()) + 2;
        text.push_str(&cell.replace('\n', &format!("\n{:indent$}", "")));
        text.push_str(&" ".repeat(blanks));
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests;
