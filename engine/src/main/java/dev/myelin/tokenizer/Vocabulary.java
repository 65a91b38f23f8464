package dev.myelin.tokenizer;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a file, and which of them are special. Immutable and thread-safe; does not need the
 * file.
 */
public final class Vocabulary {
  static final int NONE = -1;

  /**
   * Ids of special tokens; {@link #NONE} for a missing one.
   *
   * @param endOfGeneration ids that end generation, ascending
   */
  record SpecialIds(
      int bos,
      int eos,
      int separator,
      int eot,
      int eom,
      int unknown,
      int padding,
      int[] endOfGeneration) {}

  /** Which special tokens encoding with {@code addSpecial} adds. */
  record Added(boolean bos, boolean eos, boolean separator) {}

  private final Path file;
  private final ByteStrings texts;
  private final byte[] attributes;
  private final SpecialIds ids;
  private final Added added;
  private final int[] suppressedTokens;
  private final List<String> notes;
  private volatile @Nullable ByteStringTable table;

  /**
   * @param suppressedTokens ids that are never sampled, ascending
   * @param notes see {@link #notes}
   */
  Vocabulary(
      Path file,
      TokenTable tokens,
      SpecialIds ids,
      Added added,
      int[] suppressedTokens,
      List<String> notes) {
    this.file = file;
    this.texts = tokens.texts();
    this.attributes = tokens.attributes();
    this.ids = ids;
    this.added = added;
    this.suppressedTokens = suppressedTokens;
    this.notes = List.copyOf(notes);
  }

  /** The vocabulary of a file without tokens: ids without texts, none of them special. */
  static Vocabulary withoutTexts(Path file, int size) {
    int none = NONE;
    return new Vocabulary(
        file,
        new TokenTable(ByteStrings.EMPTY, null, new byte[size]),
        new SpecialIds(none, none, none, none, none, none, none, new int[0]),
        new Added(false, false, false),
        new int[0],
        List.of());
  }

  /** The number of tokens. Ids are 0 to size-1. */
  public int size() {
    return attributes.length;
  }

  /** The begin-of-sequence token. */
  public OptionalInt bos() {
    return optional(ids.bos);
  }

  /** The end-of-sequence token. */
  public OptionalInt eos() {
    return optional(ids.eos);
  }

  /** The separator token of an encoder, which ends a text: {@code [SEP]}. */
  public OptionalInt separator() {
    return optional(ids.separator);
  }

  /** The end-of-turn token. */
  public OptionalInt eot() {
    return optional(ids.eot);
  }

  /** The end-of-message token: the turn continues after a tool call. */
  public OptionalInt eom() {
    return optional(ids.eom);
  }

  /** The token for text that the vocabulary cannot represent. */
  public OptionalInt unknown() {
    return optional(ids.unknown);
  }

  public OptionalInt padding() {
    return optional(ids.padding);
  }

  /** Whether encoding with {@code addSpecial} adds BOS. */
  public boolean addsBos() {
    return added.bos;
  }

  /** Whether encoding with {@code addSpecial} adds EOS. */
  public boolean addsEos() {
    return added.eos;
  }

  /** Whether encoding with {@code addSpecial} adds the separator. */
  public boolean addsSeparator() {
    return added.separator;
  }

  /** Whether this token ends generation: EOS, end of turn and similar. */
  public boolean isEndOfGeneration(int id) {
    return Arrays.binarySearch(ids.endOfGeneration, id) >= 0;
  }

  /** All tokens that end generation, ascending. */
  public int[] endOfGeneration() {
    return ids.endOfGeneration.clone();
  }

  /** Whether this is a control token. */
  public boolean isControl(int id) {
    return (attribute(id) & TokenAttribute.CONTROL) != 0;
  }

  /** Whether tokens have texts; false for a file without a vocabulary. */
  public boolean hasTexts() {
    return texts.size() > 0;
  }

  /** Tokens that are never sampled ({@code tokenizer.ggml.suppress_tokens}), ascending. */
  public int[] suppressedTokens() {
    return suppressedTokens.clone();
  }

  /**
   * Harmless defects of the vocabulary, one sentence each, for example special token ids that are
   * out of range.
   */
  public List<String> notes() {
    return notes;
  }

  /**
   * The text of a token as in the file: {@code ▁the} or {@code Ġthe} for " the". Invalid UTF-8 is
   * replaced by U+FFFD.
   */
  public String text(int id) {
    requireValid(id);
    return hasTexts() ? texts.text(id) : "";
  }

  /**
   * The id of the token with this text, as in the file.
   *
   * @throws ModelFileException on the first call, if two tokens have the same text
   */
  public OptionalInt id(String text) {
    return optional(table().find(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** {@link TokenAttribute} bits of a token. */
  int attribute(int id) {
    return attributes[requireValid(id)] & 0xff;
  }

  /** {@link TokenAttribute} bits of each token. Must not be modified. */
  byte[] attributes() {
    return attributes;
  }

  ByteStrings texts() {
    return texts;
  }

  /** The table from text to id, created on first use: decoding does not need it. */
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
      throw duplicateError(table.find(texts.copy(second)), second);
    }
  }

  /** The error for two tokens with the same text. */
  ModelFileException duplicateError(int first, int second) {
    return new ModelFileException(
        file,
        "key " + TokenTable.TOKENS_KEY + ": \"" + texts.text(second) + '"',
        "expected once, it is token " + first + " and token " + second);
  }

  int bosId() {
    return ids.bos;
  }

  int eosId() {
    return ids.eos;
  }

  int separatorId() {
    return ids.separator;
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
