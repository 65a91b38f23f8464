package dev.myelin.generate;

import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.TextStream;
import dev.myelin.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A reply as it goes back to the model: the tokens that the model wrote, as far as they are the
 * reply's text. Left out are the end token, tokens at the end that form no whole character, and a
 * stop string.
 */
final class ReplyTokens {
  /** The fewest tokens that form whole characters together; control tokens have an empty text. */
  record Group(String text, int[] tokens) {}

  private ReplyTokens() {}

  static List<Group> groups(Generation reply, Tokenizer tokenizer) {
    int ended = reply.reason() == FinishReason.END_OF_TEXT ? 1 : 0;
    List<Integer> tokens = reply.tokens().subList(0, reply.tokens().size() - ended);
    List<Group> groups = new ArrayList<>();
    TextStream stream = new TextStream(tokenizer);
    StringBuilder text = new StringBuilder(); // of the group that is being made
    int from = 0; // its first token
    int pushed = 0; // bytes since its beginning
    int at = 0; // in the reply's text
    for (int i = 0; i < tokens.size(); i++) {
      text.append(stream.push(tokens.get(i)));
      pushed += bytes(tokens.get(i), tokenizer);
      int whole = pushed - stream.waiting();
      int length = 0;
      int to = from;
      while (to <= i && length + bytes(tokens.get(to), tokenizer) <= whole) {
        length += bytes(tokens.get(to++), tokenizer);
      }
      if (to > from && length == whole) {
        if (!reply.text().startsWith(text.toString(), at)) {
          break;
        }
        groups.add(new Group(text.toString(), ids(tokens.subList(from, to))));
        at += text.length();
        text.setLength(0);
        from = to;
        pushed -= length;
      }
    }
    return groups;
  }

  private static int bytes(int token, Tokenizer tokenizer) {
    return tokenizer.piece(token, false).length;
  }

  static int[] ids(List<Integer> tokens) {
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * As one sequence, to which a text belongs that was cut within a token.
   *
   * @param previous the token before the reply
   */
  static int[] all(Generation reply, int previous, Tokenizer tokenizer) {
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
        : joined(tokens, tokenizer.encodeAfter(last, PromptText.untrusted(rest)));
  }

  static int[] joined(int[] first, int[] second) {
    int[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
