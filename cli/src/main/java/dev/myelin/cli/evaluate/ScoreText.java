package dev.myelin.cli.evaluate;

import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.error.Printable;
import dev.myelin.evaluate.ConfusionMatrix;
import dev.myelin.evaluate.ContinuationScore;
import dev.myelin.evaluate.Proportion;
import dev.myelin.evaluate.Ranking;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Scores for people. */
final class ScoreText {
  private static final int LONGEST_TEXT = 60;
  private static final String PREDICTED = "predicted";

  private final int width;
  private final boolean labelled;

  /** For lines of a file, printed one by one. */
  ScoreText(List<String> choices, boolean labelled) {
    this.labelled = labelled;
    width =
        Stream.concat(choices.stream().map(ScoreText::shown), Stream.of(PREDICTED))
            .mapToInt(String::length)
            .max()
            .orElseThrow();
  }

  /** One prompt's continuations. */
  static String of(Ranking ranking) {
    TextTable table = new TextTable("lrrrr");
    table.row("continuation", "tokens", "log-probability", "per token", "probability");
    for (int i = 0; i < ranking.scores().size(); i++) {
      ContinuationScore score = ranking.scores().get(i);
      table.row(
          shown(score.continuation()),
          Integer.toString(score.tokens()),
          Units.decimals(score.logProbability(), 4),
          Units.decimals(score.mean(), 4),
          percent(ranking.probabilities().get(i)));
    }
    return table + "\nlikeliest: " + shown(ranking.best().continuation()) + "\n";
  }

  String header() {
    return row(PREDICTED, "probability", "actual", "text");
  }

  String line(LabelledLines.Line line, Ranking ranking) {
    String actual = labelled ? ranking.scores().get(line.actual()).continuation() : "";
    return row(
        shown(ranking.best().continuation()),
        percent(ranking.probabilities().get(ranking.bestIndex())),
        shown(actual),
        text(line.text()));
  }

  private String row(String predicted, String probability, String actual, String text) {
    String third = labelled ? padded(actual) + "  " : "";
    return "%s  %11s  %s%s\n".formatted(padded(predicted), probability, third, text);
  }

  private String padded(String label) {
    return label + " ".repeat(Math.max(0, width - label.length()));
  }

  /** How often labels were right, and what was taken for what. */
  static String of(ConfusionMatrix confusion) {
    Proportion share = confusion.accuracy();
    String accuracy =
        "accuracy  %s, %s of %s; 95 %% interval %s to %s\n"
            .formatted(
                percent(share.value()),
                Units.exact(confusion.correct()),
                Units.exact(confusion.examples()),
                Units.decimals(100 * share.low(), 1),
                percent(share.high()));
    List<String> labels = confusion.labels();
    TextTable table = new TextTable("l" + "r".repeat(labels.size()));
    table.row(cells("actual", labels.stream().map(label -> "as " + shown(label))));
    for (int i = 0; i < labels.size(); i++) {
      int actual = i;
      table.row(
          cells(
              shown(labels.get(i)),
              IntStream.range(0, labels.size())
                  .mapToObj(predicted -> Units.exact(confusion.count(actual, predicted)))));
    }
    return accuracy + "\n" + table;
  }

  private static String[] cells(String first, Stream<String> rest) {
    return Stream.concat(Stream.of(first), rest).toArray(String[]::new);
  }

  private static String percent(double share) {
    return Units.decimals(100 * share, 1) + " %";
  }

  private static String text(String text) {
    String line = Printable.of(text.strip());
    return line.length() > LONGEST_TEXT ? line.substring(0, LONGEST_TEXT) + "..." : line;
  }

  /** Spaces at the ends are part of a continuation. */
  private static String shown(String continuation) {
    String line = Printable.of(continuation);
    return line.equals(line.strip()) ? line : '"' + line + '"';
  }
}
