package dev.myelin.tokenizer;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** The tokens of a file, and which of them are special. Immutable; it does not need the file. */
public final class Vocabulary {
  static final int NONE = -1;

  /**
   * Ids of special tokens, {@link #NONE} for one that the model does not have.
   *
   * @param endOfGeneration where a reply is over, ascending
   */
  record SpecialIds(
      int bos, int eos, int eot, int eom, int unknown, int padding, int[] endOfGeneration) {}

  private final Path file;
  private final ByteStrings texts;
  private final byte[] attributes;
  private final SpecialIds ids;
  private final boolean addsBos;
  private final boolean addsEos;
  private final int[] suppressedTokens;
  private final List<String> notes;
  private volatile ByteStringTable table;

  /**
   * @param suppressedTokens tokens never to be sampled, ascending
   * @param notes see {@link #notes}
   */
  Vocabulary(
      Path file,
      TokenTable tokens,
      SpecialIds ids,
      boolean addsBos,
      boolean addsEos,
      int[] suppressedTokens,
      List<String> notes) {
    this.file = file;
    this.texts = tokens.texts();
    this.attributes = tokens.attributes();
    this.ids = ids;
    this.addsBos = addsBos;
    this.addsEos = addsEos;
    this.suppressedTokens = suppressedTokens;
    this.notes = List.copyOf(notes);
  }

  /** Of a file that has none: ids without texts, none of them special. */
  static Vocabulary withoutTexts(Path file, int size) {
    int none = NONE;
    return new Vocabulary(
        file,
        new TokenTable(ByteStrings.EMPTY, null, new byte[size]),
        new SpecialIds(none, none, none, none, none, none, new int[0]),
        false,
        false,
        new int[0],
        List.of());
  }

  /** How many tokens there are; ids are 0 to size-1. */
  public int size() {
    return attributes.length;
  }

  /** What a text begins with. */
  public OptionalInt bos() {
    return optional(ids.bos);
  }

  /** What a text ends with. */
  public OptionalInt eos() {
    return optional(ids.eos);
  }

  /** What a turn of a conversation ends with. */
  public OptionalInt eot() {
    return optional(ids.eot);
  }

  /** What a message that goes on after a tool answered ends with. */
  public OptionalInt eom() {
    return optional(ids.eom);
  }

  /** What stands for text that the vocabulary cannot express. */
  public OptionalInt unknown() {
    return optional(ids.unknown);
  }

  public OptionalInt padding() {
    return optional(ids.padding);
  }

  /** Whether encoding puts BOS in front, where special tokens are asked for. */
  public boolean addsBos() {
    return addsBos;
  }

  /** Whether encoding puts EOS at the end, where special tokens are asked for. */
  public boolean addsEos() {
    return addsEos;
  }

  /** Whether a reply is over when the model generates this token: EOS, end of turn and the like. */
  public boolean isEndOfGeneration(int id) {
    return Arrays.binarySearch(ids.endOfGeneration, id) >= 0;
  }

  /** Every id of which {@link #isEndOfGeneration} holds, ascending. */
  public int[] endOfGeneration() {
    return ids.endOfGeneration.clone();
  }

  /** Whether this token controls the model and is no text. */
  public boolean isControl(int id) {
    return (attribute(id) & TokenAttribute.CONTROL) != 0;
  }

  /** Whether tokens have texts; a file may come without a vocabulary. */
  public boolean hasTexts() {
    return texts.size() > 0;
  }

  /** Tokens that are never to be sampled, ascending, as the file asks. */
  public int[] suppressedTokens() {
    return suppressedTokens.clone();
  }

  /**
   * What is odd about the file's vocabulary and does not keep it from being used, a sentence each:
   * ids of special tokens beyond the vocabulary for one. For people to read.
   */
  public List<String> notes() {
    return notes;
  }

  /**
   * The token as the file writes it: {@code ▁the} or {@code Ġthe} for " the". Bytes that are not
   * UTF-8 are replaced.
   */
  public String text(int id) {
    requireValid(id);
    return hasTexts() ? texts.text(id) : "";
  }

  /**
   * The id of the token that the file writes like this.
   *
   * @throws ModelFileException on the first call, if two tokens are written the same
   */
  public OptionalInt id(String text) {
    return optional(table().find(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Of {@link TokenAttribute}. */
  int attribute(int id) {
    return attributes[requireValid(id)] & 0xff;
  }

  /** Of {@link TokenAttribute}, one a token; not to be written. */
  byte[] attributes() {
    return attributes;
  }

  ByteStrings texts() {
    return texts;
  }

  /** From text to id; made when first asked for, as decoding does without. */
  ByteStringTable table() {
    ByteStringTable result = table;
    if (result == null) {
      result = new ByteStringTable(texts);
      requireDistinct(result);
      table = result;
    }
    return result;
  }

  private void requireDistinct(ByteStringTable table) {
    int second = table.duplicate();
    if (second != ByteStringTable.NONE) {
      throw new ModelFileException(
          file,
          "key " + TokenTable.TOKENS_KEY + ": \"" + texts.text(second) + '"',
          "expected once, it is token " + table.find(texts.copy(second)) + " and token " + second);
    }
  }

  int bosId() {
    return ids.bos;
  }

  int eosId() {
    return ids.eos;
  }

  int unknownId() {
    return ids.unknown;
  }

  int requireValid(int id) {
    if (id < 0 || id >= attributes.length) {
      throw new InvalidRequestException(
          "token " + id + ": expected 0 to " + (attributes.length - 1) + ", the tokens of " + file);
    }
    return id;
  }

  private static OptionalInt optional(int id) {
    return id == NONE ? OptionalInt.empty() : OptionalInt.of(id);
  }
}
