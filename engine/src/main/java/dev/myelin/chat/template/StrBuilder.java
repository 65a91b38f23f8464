package dev.myelin.chat.template;

import dev.myelin.tokenizer.PromptText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes a {@link Str} of parts; what is made is paid for from the budget. */
final class StrBuilder {
  private final Budget budget;
  private final StringBuilder text = new StringBuilder();
  private int[] cuts = {};
  private int count; // of cuts
  private boolean first = true;
  private boolean last = true;

  StrBuilder(Budget budget) {
    this.budget = budget;
  }

  int length() {
    return text.length();
  }

  /** Text of the template's own, or of conversions. */
  StrBuilder append(String part) {
    return append(part, true);
  }

  StrBuilder append(String part, boolean trusted) {
    return append(part, 0, part.length(), trusted);
  }

  StrBuilder append(String part, int from, int to, boolean trusted) {
    if (from < to) {
      budget.make(to - from);
      origin(trusted);
      text.append(part, from, to);
    }
    return this;
  }

  StrBuilder append(int codePoint, boolean trusted) {
    budget.make(1);
    origin(trusted);
    text.appendCodePoint(codePoint);
    return this;
  }

  StrBuilder append(Str part) {
    return append(part, 0, part.units());
  }

  StrBuilder append(Str part, int from, int to) {
    if (from >= to) {
      return this;
    }
    for (int run = part.run(from), at = from; at < to; run++) {
      int end = Math.min(part.runEnd(run), to);
      append(part.text, at, end, part.runTrusted(run));
      at = end;
    }
    return this;
  }

  StrBuilder repeat(Str part, long times) {
    if (times > 0 && !part.isEmpty()) {
      budget.check(part.units(), times);
      for (long i = 0; i < times; i++) {
        append(part);
      }
    }
    return this;
  }

  private void origin(boolean trusted) {
    if (text.isEmpty()) {
      first = trusted;
    } else if (trusted != last) {
      budget.make(4); // the cut takes memory, too
      if (count == cuts.length) {
        cuts = Arrays.copyOf(cuts, Math.max(8, count * 2));
      }
      cuts[count++] = text.length();
    }
    last = trusted;
  }

  Str str() {
    if (text.isEmpty()) {
      return Str.EMPTY;
    }
    budget.hold(Budget.STRING);
    return Str.of(text.toString(), first, count == 0 ? null : Arrays.copyOf(cuts, count));
  }

  PromptText prompt() {
    List<PromptText.Span> spans = new ArrayList<>(count + 1);
    int from = 0;
    for (int i = 0; i <= count; i++) {
      int to = i == count ? text.length() : cuts[i];
      if (from < to) {
        spans.add(new PromptText.Span(text.substring(from, to), first ^ (i & 1) == 1));
      }
      from = to;
    }
    return new PromptText(spans);
  }
}
