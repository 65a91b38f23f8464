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
 * A conversation as text and as tokens. The next prompt keeps the generated tokens of a reply:
 * encoding its text may give other tokens, and everything after them would be computed again.
 * Immutable.
 */
final class Transcript {
  static final Transcript EMPTY = new Transcript(List.of());

  /**
   * A segment of the conversation.
   *
   * @param trusted which characters come from the template
   * @param generated whether the model generated it
   */
  private record Segment(String text, BitSet trusted, boolean generated, int[] tokens) {
    /** Whether the prompt has this text at this offset, from the same origin. */
    boolean matchesAt(int offset, String prompt, BitSet promptTrusted) {
      if (!prompt.startsWith(text, offset)) {
        return false;
      }
      BitSet trustedInPrompt = promptTrusted.get(offset, offset + text.length());
      // the template may write the leading space of a reply, but no control token
      return generated
          ? trustedInPrompt.stream().allMatch(i -> Character.isWhitespace(text.charAt(i)))
          : trustedInPrompt.equals(trusted);
    }
  }

  /** Four numbers. */
  private static final int MIN_SEGMENT_BYTES = 16;

  private final List<Segment> segments;

  private Transcript(List<Segment> segments) {
    this.segments = List.copyOf(segments);
  }

  /** The transcript of the prompt for the next reply; its common prefix keeps its tokens. */
  Transcript with(PromptText prompt, Tokenizer tokenizer) {
    String text = prompt.text();
    BitSet trusted = trustedCharacters(prompt);
    List<Segment> all = new ArrayList<>();
    List<Segment> pending =
        new ArrayList<>(); // control tokens in a reply are kept with the text after them
    int kept = 0;
    for (Segment segment : segments) {
      if (!segment.matchesAt(kept, text, trusted)) {
        break;
      }
      pending.add(segment);
      if (!segment.text.isEmpty()) {
        kept += segment.text.length();
        all.addAll(pending);
        pending.clear();
      }
    }
    PromptText rest = suffix(prompt, kept);
    OptionalInt last = lastToken(all);
    int[] tokens =
        last.isEmpty()
            ? ChatTokens.of(rest, tokenizer)
            : tokenizer.encodeAfter(last.getAsInt(), rest);
    all.add(new Segment(rest.text(), trusted.get(kept, text.length()), false, tokens));
    return new Transcript(all);
  }

  /** The transcript with the reply appended. */
  Transcript with(List<ReplyTokens.Group> reply) {
    List<Segment> all = new ArrayList<>(segments);
    for (ReplyTokens.Group group : reply) {
      all.add(new Segment(group.text(), new BitSet(), true, group.tokens()));
    }
    return new Transcript(all);
  }

  /** All tokens, oldest first. */
  int[] tokens() {
    return segments.stream().flatMapToInt(segment -> Arrays.stream(segment.tokens)).toArray();
  }

  void write(FieldWriter out) {
    out.put(segments.size());
    for (Segment segment : segments) {
      out.put(segment.text);
      out.put(segment.generated ? 1 : 0);
      out.put(segment.trusted.toByteArray());
      out.put(segment.tokens);
    }
  }

  /** What {@link #write} has written. */
  static Transcript read(FieldReader in, int vocabulary) {
    int count = in.count("parts of the prompt", MIN_SEGMENT_BYTES);
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String text = in.text("part of the prompt");
      boolean generated = in.number("origin of a part", 0, 1) == 1;
      BitSet trusted = BitSet.valueOf(in.bytes("trusted characters"));
      if (trusted.length() > text.length()) {
        throw in.error("trusted characters", "expected at most " + text.length());
      }
      int[] tokens = in.tokens("tokens of a part", vocabulary);
      segments.add(new Segment(text, trusted, generated, tokens));
    }
    return new Transcript(segments);
  }

  /** The last token; empty if the text has no tokens. */
  private static OptionalInt lastToken(List<Segment> segments) {
    for (Segment segment : segments.reversed()) {
      if (segment.tokens.length > 0) {
        return OptionalInt.of(segment.tokens[segment.tokens.length - 1]);
      }
    }
    return OptionalInt.empty();
  }

  private static BitSet trustedCharacters(PromptText prompt) {
    BitSet trusted = new BitSet();
    int at = 0;
    for (Span span : prompt.spans()) {
      int end = at + span.text().length();
      trusted.set(at, end, span.trusted());
      at = end;
    }
    return trusted;
  }

  /** The prompt without its first {@code from} characters. */
  private static PromptText suffix(PromptText prompt, int from) {
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
