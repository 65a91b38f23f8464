package dev.myelin.generate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a conversation keeps besides its session, as bytes in a snapshot. Immutable.
 *
 * @param dropped number of exchanges that were dropped from the context
 */
record SavedConversation(
    String system, int dropped, List<Exchange> exchanges, Transcript transcript) {
  private static final int MAGIC = 0x56434c4d; // "MLCV"
  private static final int VERSION = 1;

  /** Three counts. */
  private static final int MIN_EXCHANGE_BYTES = 12;

  SavedConversation {
    exchanges = List.copyOf(exchanges);
  }

  byte[] encode() {
    FieldWriter out = new FieldWriter();
    out.put(MAGIC);
    out.put(VERSION);
    out.put(system);
    out.put(dropped);
    out.put(exchanges.size());
    for (Exchange exchange : exchanges) {
      out.put(exchange.user());
      out.put(exchange.reply());
      out.put(exchange.tokens());
    }
    transcript.write(out);
    return out.bytes();
  }

  /**
   * Decodes a conversation.
   *
   * @param file for messages
   * @throws dev.myelin.error.ModelFileException if the bytes are no conversation, or contradict
   *     themselves
   */
  static SavedConversation decode(byte[] bytes, int vocabulary, Path file) {
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
    return new SavedConversation(system, dropped, exchanges, transcript);
  }
}
