package dev.myelin.chat.template;

import dev.myelin.tokenizer.PromptText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Builds a {@link Str} from parts, and charges the budget. */
final class StrBuilder {
  private final Budget budget;
  private final StringBuilder text = new StringBuilder();
  private int[] boundaries = {};
  private int boundaryCount; // of cuts
  private boolean firstTrusted = true;
  private boolean lastTrusted = true;

  StrBuilder(Budget budget) {
    this.budget = budget;
  }

  int length() {
    return text.length();
  }

  /** Appends trusted text. */
  StrBuilder append(String part) {
    return append(part, true);
  }

  StrBuilder append(String part, boolean trusted) {
    return append(part, 0, part.length(), trusted);
  }

  StrBuilder append(String part, int from, int to, boolean trusted) {
    if (from < to) {
      budget.chargeWrite(to - from);
      startRun(trusted);
      text.append(part, from, to);
    }
    return this;
  }

  StrBuilder append(int codePoint, boolean trusted) {
    budget.chargeWrite(1);
    startRun(trusted);
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
    for (int run = part.runAt(from), at = from; at < to; run++) {
      int end = Math.min(part.runEnd(run), to);
      append(part.text, at, end, part.isRunTrusted(run));
      at = end;
    }
    return this;
  }

  StrBuilder repeat(Str part, long count) {
    if (count > 0 && !part.isEmpty()) {
      budget.requireCopies(part.units(), count);
      for (long i = 0; i < count; i++) {
        append(part);
      }
    }
    return this;
  }

  private void startRun(boolean trusted) {
    if (text.isEmpty()) {
      firstTrusted = trusted;
    } else if (trusted != lastTrusted) {
      budget.chargeWrite(4); // the boundary takes memory as well
      if (boundaryCount == boundaries.length) {
        boundaries = Arrays.copyOf(boundaries, Math.max(8, boundaryCount * 2));
      }
      boundaries[boundaryCount++] = text.length();
    }
    lastTrusted = trusted;
  }

  Str build() {
    if (text.isEmpty()) {
      return Str.EMPTY;
    }
    budget.chargeMemory(Budget.STRING_OVERHEAD);
    return Str.of(
        text.toString(),
        firstTrusted,
        boundaryCount == 0 ? null : Arrays.copyOf(boundaries, boundaryCount));
  }

  PromptText toPromptText() {
    List<PromptText.Span> spans = new ArrayList<>(boundaryCount + 1);
    int from = 0;
    for (int i = 0; i <= boundaryCount; i++) {
      int to = i == boundaryCount ? text.length() : boundaries[i];
      if (from < to) {
        spans.add(new PromptText.Span(text.substring(from, to), firstTrusted ^ (i & 1) == 1));
      }
      from = to;
    }
    return new PromptText(spans);
  }
}
