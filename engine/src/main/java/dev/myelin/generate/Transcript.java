package dev.myelin.generate;

import dev.myelin.chat.ChatTokens;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.PromptText.Span;
import dev.myelin.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;

/**
 * A conversation as text and as tokens, so that the next prompt keeps the tokens in which a reply
 * was written: encoded from its text it may get others, and all that follows them would be computed
 * again. Immutable.
 */
final class Transcript {
  static final Transcript EMPTY = new Transcript(List.of());

  /**
   * A piece of the conversation.
   *
   * @param trusted which of its characters a template wrote
   * @param written whether the model wrote it
   */
  private record Part(String text, BitSet trusted, boolean written, int[] tokens) {
    /** Whether this text stands there in a prompt, and may have the same tokens. */
    boolean isAt(int at, String prompt, BitSet promptTrusted) {
      if (!prompt.startsWith(text, at)) {
        return false;
      }
      BitSet there = promptTrusted.get(at, at + text.length());
      // a template may write the space itself with which a reply begins, but no token of its own
      return written
          ? there.stream().allMatch(i -> Character.isWhitespace(text.charAt(i)))
          : there.equals(trusted);
    }
  }

  private final List<Part> parts;

  private Transcript(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  /** The prompt for the next reply; its beginning keeps the tokens it has here. */
  Transcript with(PromptText prompt, Tokenizer tokenizer) {
    String text = prompt.text();
    BitSet trusted = trusted(prompt);
    List<Part> all = new ArrayList<>();
    List<Part> open = new ArrayList<>(); // control tokens in a reply count with what follows them
    int kept = 0;
    for (Part part : parts) {
      if (!part.isAt(kept, text, trusted)) {
        break;
      }
      open.add(part);
      if (!part.text.isEmpty()) {
        kept += part.text.length();
        all.addAll(open);
        open.clear();
      }
    }
    PromptText rest = from(prompt, kept);
    OptionalInt last = last(all);
    int[] tokens =
        last.isEmpty()
            ? ChatTokens.of(rest, tokenizer)
            : tokenizer.encodeAfter(last.getAsInt(), rest);
    all.add(new Part(rest.text(), trusted.get(kept, text.length()), false, tokens));
    return new Transcript(all);
  }

  /** With the reply to the prompt. */
  Transcript with(List<ReplyTokens.Group> reply) {
    List<Part> all = new ArrayList<>(parts);
    for (ReplyTokens.Group group : reply) {
      all.add(new Part(group.text(), new BitSet(), true, group.tokens()));
    }
    return new Transcript(all);
  }

  /** All tokens, oldest first. */
  int[] tokens() {
    return parts.stream().flatMapToInt(part -> Arrays.stream(part.tokens)).toArray();
  }

  /** The last token, if any: a tokenizer may have none for a text. */
  private static OptionalInt last(List<Part> parts) {
    for (Part part : parts.reversed()) {
      if (part.tokens.length > 0) {
        return OptionalInt.of(part.tokens[part.tokens.length - 1]);
      }
    }
    return OptionalInt.empty();
  }

  private static BitSet trusted(PromptText prompt) {
    BitSet trusted = new BitSet();
    int at = 0;
    for (Span span : prompt.spans()) {
      int end = at + span.text().length();
      trusted.set(at, end, span.trusted());
      at = end;
    }
    return trusted;
  }

  /** The prompt without its first characters. */
  private static PromptText from(PromptText prompt, int from) {
    List<Span> spans = new ArrayList<>();
    int at = 0;
    for (Span span : prompt.spans()) {
      int end = at + span.text().length();
      if (end > from) {
        spans.add(new Span(span.text().substring(Math.max(0, from - at)), span.trusted()));
      }
      at = end;
    }
    return new PromptText(spans);
  }
}
