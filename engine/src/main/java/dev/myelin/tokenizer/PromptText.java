package dev.myelin.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The text of a prompt as trusted and untrusted spans. The text of a chat template is trusted; the
 * text of users, documents and tools is not. {@link Tokenizer#encode(PromptText, boolean)} finds
 * control tokens in trusted text only. Immutable and thread-safe.
 *
 * @param spans the spans in order; empty ones are dropped, adjacent ones of the same trust are
 *     merged
 */
public record PromptText(List<Span> spans) {
  /** A part of the text. */
  public record Span(String text, boolean trusted) {
    public Span {
      Objects.requireNonNull(text, "text");
    }
  }

  public PromptText {
    spans = mergeAdjacent(spans);
  }

  /** A text in which control tokens are found everywhere. */
  public static PromptText trusted(String text) {
    return new PromptText(List.of(new Span(text, true)));
  }

  /** A text in which no control tokens are found. */
  public static PromptText untrusted(String text) {
    return new PromptText(List.of(new Span(text, false)));
  }

  /** The length in UTF-16 code units. */
  public long length() {
    long length = 0;
    for (Span span : spans) {
      length += span.text().length();
    }
    return length;
  }

  /** The concatenation of all spans. */
  public String text() {
    if (spans.size() == 1) {
      return spans.getFirst().text();
    }
    StringBuilder text = new StringBuilder();
    for (Span span : spans) {
      text.append(span.text());
    }
    return text.toString();
  }

  private static List<Span> mergeAdjacent(List<Span> spans) {
    List<Span> merged = new ArrayList<>(spans.size());
    for (int from = 0, to; from < spans.size(); from = to) {
      boolean trusted = spans.get(from).trusted();
      to = from + 1;
      while (to < spans.size()
          && (spans.get(to).trusted() == trusted || spans.get(to).text().isEmpty())) {
        to++;
      }
      Span span = to == from + 1 ? spans.get(from) : concatenate(spans.subList(from, to), trusted);
      if (!span.text().isEmpty()) {
        merged.add(span);
      }
    }
    return List.copyOf(merged);
  }

  private static Span concatenate(List<Span> spans, boolean trusted) {
    StringBuilder text = new StringBuilder();
    for (Span span : spans) {
      text.append(span.text());
    }
    return new Span(text.toString(), trusted);
  }
}
