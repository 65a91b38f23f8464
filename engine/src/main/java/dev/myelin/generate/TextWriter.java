package dev.myelin.generate;

import dev.myelin.tokenizer.TextStream;
import dev.myelin.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decodes sampled tokens to text and detects the end of the generation. */
final class TextWriter {
  private final GenerateOptions options;
  private final Tokenizer tokenizer;
  private final TextStream stream;
  private final StopFilter filter;
  private final List<Integer> tokens = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private @Nullable FinishReason reason;

  TextWriter(GenerateOptions options, Tokenizer tokenizer) {
    this.options = options;
    this.tokenizer = tokenizer;
    this.stream = new TextStream(tokenizer);
    this.filter = new StopFilter(options.stop());
    if (options.maxTokens() == 0) {
      reason = FinishReason.LENGTH;
    }
  }

  /** Adds a token; returns the text that is complete now, which may be empty. */
  String write(int token) {
    tokens.add(token);
    if (!options.ignoreEos() && tokenizer.vocabulary().isEndOfGeneration(token)) {
      reason = FinishReason.END_OF_TEXT;
      return "";
    }
    String piece = filter.push(stream.push(token));
    text.append(piece);
    if (filter.isStopped()) {
      reason = FinishReason.STOP_STRING;
    } else if (tokens.size() == options.maxTokens()) {
      reason = FinishReason.LENGTH;
    }
    return piece;
  }

  void end(FinishReason value) {
    reason = value;
  }

  /** Returns the text that the filter holds back. An incomplete character is dropped. */
  String flush() {
    String piece = filter.flush();
    text.append(piece);
    return piece;
  }

  /** Why the generation ended, or null if it goes on. */
  @Nullable FinishReason reason() {
    return reason;
  }

  /** All sampled tokens, including an end token. */
  List<Integer> tokens() {
    return tokens;
  }

  String text() {
    return text.toString();
  }
}
