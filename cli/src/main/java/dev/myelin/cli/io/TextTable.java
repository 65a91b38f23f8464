package dev.myelin.cli.io;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A text table with aligned columns. */
public final class TextTable {
  private static final String GAP = "  ";

  private final boolean[] left;
  private final List<String[]> rows = new ArrayList<>();

  /**
   * @param alignment one letter per column: {@code l} left, {@code r} right
   */
  public TextTable(String alignment) {
    left = new boolean[alignment.length()];
    for (int i = 0; i < left.length; i++) {
      left[i] = alignment.charAt(i) == 'l';
    }
  }

  public TextTable row(String... cells) {
    if (cells.length != left.length) {
      throw new IllegalArgumentException(cells.length + " cells in " + left.length + " columns");
    }
    rows.add(cells);
    return this;
  }

  @Override
  public String toString() {
    int[] widths = new int[left.length];
    for (String[] row : rows) {
      Arrays.setAll(widths, i -> Math.max(widths[i], length(row[i])));
    }
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        String pad = " ".repeat(widths[i] - length(row[i]));
        line.append(i == 0 ? "" : GAP).append(left[i] ? row[i] + pad : pad + row[i]);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  /**
   * The same cells as an HTML table, with escaped text. The first cell of each row is a header.
   *
   * @param hasHeader whether the first row is a header
   */
  public String toHtml(String caption, boolean hasHeader) {
    StringBuilder html = new StringBuilder("<table>\n<caption>");
    html.append(Html.escape(caption)).append("</caption>\n");
    for (int i = 0; i < rows.size(); i++) {
      html.append("<tr>");
      for (int j = 0; j < left.length; j++) {
        String scope = hasHeader && i == 0 ? "col" : "row";
        String cell = j == 0 || (hasHeader && i == 0) ? "th scope=\"" + scope + "\"" : "td";
        html.append('<').append(cell).append(left[j] ? ">" : " class=\"number\">");
        html.append(Html.escape(rows.get(i)[j]));
        html.append("</").append(cell, 0, 2).append('>');
      }
      html.append("</tr>\n");
    }
    return html.append("</table>\n").toString();
  }

  private static int length(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
