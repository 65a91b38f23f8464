package dev.myelin.generate;

import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.TextStream;
import dev.myelin.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The tokens of a reply as they go back into the context: the generated tokens that form the
 * reply's text, without the end token, an incomplete character at the end, and a stop string.
 */
final class ReplyTokens {
  /**
   * The fewest tokens that form complete characters together; the text of control tokens is empty.
   */
  record Group(String text, int[] tokens) {}

  private ReplyTokens() {}

  static List<Group> groups(Generation reply, Tokenizer tokenizer) {
    int endTokens = reply.reason() == FinishReason.END_OF_TEXT ? 1 : 0;
    List<Integer> tokens = reply.tokens().subList(0, reply.tokens().size() - endTokens);
    List<Group> groups = new ArrayList<>();
    TextStream stream = new TextStream(tokenizer);
    StringBuilder text = new StringBuilder(); // of the current group
    int from = 0; // first token of the group
    int bytesPushed = 0; // bytes since the start of the group
    int textOffset = 0; // offset in the reply's text
    for (int i = 0; i < tokens.size(); i++) {
      text.append(stream.push(tokens.get(i)));
      bytesPushed += byteLength(tokens.get(i), tokenizer);
      int completeBytes = bytesPushed - stream.pendingBytes();
      int length = 0;
      int to = from;
      while (to <= i && length + byteLength(tokens.get(to), tokenizer) <= completeBytes) {
        length += byteLength(tokens.get(to++), tokenizer);
      }
      if (to > from && length == completeBytes) {
        if (!reply.text().startsWith(text.toString(), textOffset)) {
          break;
        }
        groups.add(new Group(text.toString(), toArray(tokens.subList(from, to))));
        textOffset += text.length();
        text.setLength(0);
        from = to;
        bytesPushed -= length;
      }
    }
    return groups;
  }

  private static int byteLength(int token, Tokenizer tokenizer) {
    return tokenizer.piece(token, false).length;
  }

  static int[] toArray(List<Integer> tokens) {
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * All tokens in one array. Text that was cut within a token is encoded again.
   *
   * @param previous the token before the reply
   */
  static int[] flatten(Generation reply, int previous, Tokenizer tokenizer) {
    List<Group> groups = groups(reply, tokenizer);
    int covered = 0;
    int last = previous;
    for (Group group : groups) {
      covered += group.text().length();
      last = group.tokens()[group.tokens().length - 1];
    }
    int[] tokens = groups.stream().flatMapToInt(g -> Arrays.stream(g.tokens())).toArray();
    String rest = reply.text().substring(covered);
    return rest.isEmpty()
        ? tokens
        : concat(tokens, tokenizer.encodeAfter(last, PromptText.untrusted(rest)));
  }

  static int[] concat(int[] first, int[] second) {
    int[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
