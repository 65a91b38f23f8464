package dev.myelin.cli.evaluate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.io.Json;
import dev.myelin.evaluate.ConfusionMatrix;
import dev.myelin.evaluate.ContinuationScore;
import dev.myelin.evaluate.Proportion;
import dev.myelin.evaluate.Ranking;
import java.util.List;

/** Scores as JSON. */
final class ScoreJson {
  private ScoreJson() {}

  /** A line of the file with its scores. */
  record ScoredLine(LabelledLines.Line line, Ranking ranking) {}

  static ObjectNode of(Ranking ranking) {
    ObjectNode root = Json.object();
    put(root, ranking);
    return root;
  }

  /**
   * @param confusion null if the lines have no labels
   */
  static ObjectNode of(List<ScoredLine> scored, ConfusionMatrix confusion) {
    ObjectNode root = Json.object();
    ArrayNode prompts = root.putArray("prompts");
    for (ScoredLine line : scored) {
      ObjectNode node = prompts.addObject();
      node.put("line", line.line().number());
      node.put("text", line.line().text());
      if (confusion != null) {
        node.put("actual", confusion.labels().get(line.line().actual()));
      }
      put(node, line.ranking());
    }
    if (confusion != null) {
      put(root, confusion);
    }
    return root;
  }

  private static void put(ObjectNode node, Ranking ranking) {
    node.put("predicted", ranking.best().continuation());
    node.put("prompt_tokens", ranking.promptTokens());
    ArrayNode list = node.putArray("continuations");
    for (int i = 0; i < ranking.scores().size(); i++) {
      ContinuationScore score = ranking.scores().get(i);
      list.addObject()
          .put("continuation", score.continuation())
          .put("tokens", score.tokens())
          .put("log_probability", score.logProbability())
          .put("mean_log_probability", score.mean())
          .put("probability", ranking.probabilities().get(i));
    }
  }

  private static void put(ObjectNode root, ConfusionMatrix confusion) {
    root.put("examples", confusion.examples());
    root.put("correct", confusion.correct());
    Proportion accuracy = confusion.accuracy();
    root.put("accuracy", accuracy.value());
    root.put("accuracy_stderr", accuracy.error());
    root.put("accuracy_ci_low", accuracy.low());
    root.put("accuracy_ci_high", accuracy.high());
    ArrayNode table = root.putArray("confusion_matrix");
    List<String> labels = confusion.labels();
    for (int actual = 0; actual < labels.size(); actual++) {
      ObjectNode row = table.addObject().put("actual", labels.get(actual));
      ObjectNode predicted = row.putObject("predicted");
      for (int i = 0; i < labels.size(); i++) {
        predicted.put(labels.get(i), confusion.count(actual, i));
      }
    }
  }
}
