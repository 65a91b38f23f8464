package dev.myelin.generate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The history of a conversation as bytes in a snapshot. Stateless and thread-safe. */
final class SavedConversation {
  private static final int MAGIC = 0x56434c4d; // "MLCV"
  private static final int VERSION = 1;

  /** Three counts. */
  private static final int MIN_EXCHANGE_BYTES = 12;

  private SavedConversation() {}

  static byte[] encode(History history) {
    FieldWriter out = new FieldWriter();
    out.put(MAGIC);
    out.put(VERSION);
    out.put(history.system());
    out.put(history.dropped());
    out.put(history.exchanges().size());
    for (Exchange exchange : history.exchanges()) {
      out.put(exchange.user());
      out.put(exchange.reply());
      out.put(exchange.tokens());
    }
    history.transcript().write(out);
    return out.bytes();
  }

  /**
   * Decodes what {@link #encode} has written.
   *
   * @param file for messages
   * @throws dev.myelin.error.ModelFileException if the bytes are no conversation, or contradict
   *     themselves
   */
  static History decode(byte[] bytes, int vocabulary, Path file) {
    FieldReader in = new FieldReader(bytes, file);
    if (bytes.length == 0) {
      throw in.error("missing", "the file has the tokens of a session only");
    }
    in.number("magic number", MAGIC, MAGIC);
    in.number("version", VERSION, VERSION);
    String system = in.text("system prompt");
    int dropped = in.number("dropped messages", 0, Integer.MAX_VALUE);
    int count = in.count("messages", MIN_EXCHANGE_BYTES);
    List<Exchange> exchanges = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      exchanges.add(
          new Exchange(
              in.text("message"), in.text("reply"), in.tokens("tokens of a reply", vocabulary)));
    }
    if (dropped > count) {
      throw in.error("dropped messages = " + dropped, "expected at most " + count);
    }
    Transcript transcript = Transcript.read(in, vocabulary);
    in.end();
    return new History(system, dropped, exchanges, transcript);
  }
}
