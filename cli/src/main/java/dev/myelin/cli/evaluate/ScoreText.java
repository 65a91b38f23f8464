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

/** Scores as text. */
final class ScoreText {
  private static final int MAX_TEXT = 60;
  private static final String PREDICTED = "predicted";

  private final int width;
  private final boolean labelled;

  /** Formats the lines of a file one by one. */
  ScoreText(List<String> choices, boolean labelled) {
    this.labelled = labelled;
    width =
        Stream.concat(choices.stream().map(ScoreText::quoteIfPadded), Stream.of(PREDICTED))
            .mapToInt(String::length)
            .max()
            .orElseThrow();
  }

  /** The continuations of one prompt. */
  static String of(Ranking ranking) {
    TextTable table = new TextTable("lrrrr");
    table.row("continuation", "tokens", "log-probability", "per token", "probability");
    for (int i = 0; i < ranking.scores().size(); i++) {
      ContinuationScore score = ranking.scores().get(i);
      table.row(
          quoteIfPadded(score.continuation()),
          Integer.toString(score.tokens()),
          Units.decimals(score.logProbability(), 4),
          Units.decimals(score.mean(), 4),
          percent(ranking.probabilities().get(i)));
    }
    return table + "\npredicted: " + quoteIfPadded(ranking.best().continuation()) + "\n";
  }

  String header() {
    return row(PREDICTED, "probability", "actual", "text");
  }

  String line(LabelledLines.Line line, Ranking ranking) {
    String actual = labelled ? ranking.scores().get(line.actual()).continuation() : "";
    return row(
        quoteIfPadded(ranking.best().continuation()),
        percent(ranking.probabilities().get(ranking.bestIndex())),
        quoteIfPadded(actual),
        text(line.text()));
  }

  private String row(String predicted, String probability, String actual, String text) {
    String third = labelled ? pad(actual) + "  " : "";
    return "%s  %11s  %s%s\n".formatted(pad(predicted), probability, third, text);
  }

  private String pad(String label) {
    return label + " ".repeat(Math.max(0, width - label.length()));
  }

  /** The accuracy and the confusion matrix. */
  static String of(ConfusionMatrix confusion) {
    Proportion share = confusion.accuracy();
    String accuracy =
        "accuracy  %s, %s of %s; 95 %% interval %s to %s\n"
            .formatted(
                percent(share.value()),
                Units.grouped(confusion.correct()),
                Units.grouped(confusion.examples()),
                Units.decimals(100 * share.low(), 1),
                percent(share.high()));
    List<String> labels = confusion.labels();
    TextTable table = new TextTable("l" + "r".repeat(labels.size()));
    table.row(cells("actual", labels.stream().map(label -> "predicted " + quoteIfPadded(label))));
    for (int i = 0; i < labels.size(); i++) {
      int actual = i;
      table.row(
          cells(
              quoteIfPadded(labels.get(i)),
              IntStream.range(0, labels.size())
                  .mapToObj(predicted -> Units.grouped(confusion.count(actual, predicted)))));
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
    return line.length() > MAX_TEXT ? line.substring(0, MAX_TEXT) + "..." : line;
  }

  /** Quotes a continuation that begins or ends with a space. */
  private static String quoteIfPadded(String continuation) {
    String line = Printable.of(continuation);
    return line.equals(line.strip()) ? line : '"' + line + '"';
  }
}
