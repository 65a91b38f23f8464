package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.model.Model;
import dev.myelin.tokenizer.Vocabulary;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * A text as the chunks of tokens that a model sees one at a time, and the tokens of each that it is
 * to predict. Cut as llama.cpp's perplexity does. Immutable.
 */
public final class TextChunks {
  private final int[] tokens;
  private final Layout layout;
  private final OptionalInt bos;
  private final int count;

  /**
   * @param window tokens of a chunk
   * @param step from the start of one to that of the next
   * @param context the first so many tokens are seen only; of the one after them on, logits count
   */
  private record Layout(int window, int step, int context) {
    static Layout halves(int window) {
      return new Layout(window, window, window / 2);
    }
  }

  private TextChunks(int[] tokens, Layout layout, OptionalInt bos, int count) {
    this.tokens = tokens;
    this.layout = layout;
    this.bos = bos;
    this.count = count;
  }

  /**
   * Cuts a text.
   *
   * @throws InvalidRequestException if it is empty or too short, or the model has not so many
   *     positions
   */
  public static TextChunks of(Model model, String text, ChunkOptions options) {
    return ofTokens(model, model.tokenizer().encode(text, true, false), options);
  }

  /** As above, of a text's tokens, with those that the tokenizer puts at its ends. */
  public static TextChunks ofTokens(Model model, int[] tokens, ChunkOptions options) {
    int positions = model.hyperparameters().contextLength();
    int stride = options.stride();
    int asked = options.contextLength();
    int room = Math.max(ChunkOptions.LEAST_CONTEXT, positions - stride / 2);
    int context = asked == 0 ? Math.min(ChunkOptions.DEFAULT_CONTEXT, room) : asked;
    long longest = context + (long) stride / 2;
    if (longest > positions) {
      throw new InvalidRequestException(
          (stride == 0 ? "context = " + context : "context = " + context + " + stride / 2")
              + ": this model has "
              + positions
              + " positions");
    }
    int window = (int) longest;
    if (stride >= window) {
      throw new InvalidRequestException(
          "stride = %s: expected less than a window's %s tokens".formatted(stride, window));
    }
    OptionalInt bos = bos(model);
    requireEnough(tokens, window, bos);
    if (stride == 0) {
      int chunks = options.limit(tokens.length / window);
      return new TextChunks(tokens.clone(), Layout.halves(window), bos, chunks);
    }
    Layout layout = new Layout(window, stride, window - stride - 1);
    int windows = options.limit(Math.ceilDiv(tokens.length - window, stride));
    // windows begin anywhere in the text: like llama.cpp, without BOS
    return new TextChunks(tokens.clone(), layout, OptionalInt.empty(), windows);
  }

  /**
   * The chunks that a file of logits was made from.
   *
   * @throws InvalidRequestException if the model has another vocabulary or not so many positions
   */
  public static TextChunks of(Model model, LogitsFile file, int mostChunks) {
    ChunkOptions options = new ChunkOptions(file.contextLength(), 0, mostChunks);
    int vocabulary = model.hyperparameters().vocabulary();
    if (file.vocabulary() != vocabulary) {
      throw new InvalidRequestException(
          "%s: logits of %s tokens: expected %s, the vocabulary of %s"
              .formatted(file.path(), file.vocabulary(), vocabulary, model.file().path()));
    }
    if (file.contextLength() > model.hyperparameters().contextLength()) {
      throw new InvalidRequestException(
          "%s: chunks of %s tokens: expected at most %s, the positions of %s"
              .formatted(
                  file.path(),
                  file.contextLength(),
                  model.hyperparameters().contextLength(),
                  model.file().path()));
    }
    return new TextChunks(
        file.tokens(),
        Layout.halves(file.contextLength()),
        bos(model),
        options.limit(file.chunks()));
  }

  private static OptionalInt bos(Model model) {
    Vocabulary vocabulary = model.tokenizer().vocabulary();
    return vocabulary.addsBos() ? vocabulary.bos() : OptionalInt.empty();
  }

  private static void requireEnough(int[] tokens, int window, OptionalInt bos) {
    long needed = 2L * window;
    if (tokens.length == 0
        || tokens.length == 1 && bos.isPresent() && tokens[0] == bos.getAsInt()) {
      throw new InvalidRequestException(
          "the text is empty: expected %s tokens, two chunks of %s".formatted(needed, window));
    }
    if (tokens.length < needed) {
      throw new InvalidRequestException(
          "the text has %s tokens: expected %s or more, two chunks of %s"
              .formatted(tokens.length, needed, window));
    }
  }

  /** How many chunks there are. */
  public int count() {
    return count;
  }

  /** Tokens of a chunk. */
  public int contextLength() {
    return layout.window;
  }

  /** How many tokens of each chunk are predicted. */
  public int predictions() {
    return layout.window - 1 - layout.context;
  }

  /** All tokens of the text, those beyond the last chunk too. */
  public int[] tokens() {
    return tokens.clone();
  }

  /** Whether the chunks follow each other, without overlap. */
  boolean isConsecutive() {
    return layout.step == layout.window;
  }

  /** The tokens that the model sees of a chunk: all but the last, whose logits nobody needs. */
  int[] seen(int chunk) {
    int start = chunk * layout.step;
    int[] seen = Arrays.copyOfRange(tokens, start, start + layout.window - 1);
    bos.ifPresent(id -> seen[0] = id);
    return seen;
  }

  /** The token that prediction {@code index} of a chunk is about. */
  int predicted(int chunk, int index) {
    return tokens[chunk * layout.step + layout.context + 1 + index];
  }

  /** Where in a chunk the logits of a prediction stand. */
  int position(int index) {
    return layout.context + index;
  }

  /** The tokens of the chunks, one after the other; for consecutive chunks. */
  int[] chunkTokens() {
    return Arrays.copyOf(tokens, count * layout.window);
  }
}
