package dev.myelin.model.config;

import dev.myelin.graph.RopeParameters;

/**
 * The shape of multi-head latent attention (MLA, DeepSeek-V2, arXiv 2405.04434). Immutable and
 * thread-safe.
 *
 * @param heads query heads
 * @param queryRank rank of the queries' projection, 0 if they have one matrix
 * @param kvRank rank of the projection of keys and values: the values of a latent vector
 * @param keySize values per key, of which the last {@code ropeSize} are rotated
 * @param valueSize values per value
 * @param ropeSize values per key that are rotated, and are the same for all heads
 * @param isAbsorbed whether the projections from the latent vector are split by head, so that
 *     queries can be compared with latent vectors instead of keys
 */
public record MlaConfig(
    int heads,
    int queryRank,
    int kvRank,
    int keySize,
    int valueSize,
    int ropeSize,
    boolean isAbsorbed) {
  private static final String QUERY_RANK = "attention.q_lora_rank";
  private static final String KV_RANK = "attention.kv_lora_rank";
  private static final String KEY = "attention.key_length";
  private static final String VALUE = "attention.value_length";
  private static final String MLA_KEY = "attention.key_length_mla";
  private static final String MLA_VALUE = "attention.value_length_mla";
  private static final String ROPE = "rope.dimension_count";
  private static final String KV_HEADS = "attention.head_count_kv";

  /**
   * Reads the keys.
   *
   * @param hasQueryRank whether queries are projected in two steps; else the key is ignored
   */
  public static MlaConfig of(Config c, boolean hasQueryRank) {
    int most = Config.MAX_WIDTH;
    int heads = c.ofLayer("attention.head_count", 0, 1, c.width());
    int queryRank = c.intBetween(QUERY_RANK, 0, most, 0);
    if (hasQueryRank && queryRank == 0) {
      throw c.error(QUERY_RANK, "1 to " + most);
    }
    int kvRank = c.intBetween(KV_RANK, 1, most);
    boolean isAbsorbed = c.has(MLA_KEY) || c.has(MLA_VALUE);
    int keySize = c.intBetween(isAbsorbed ? MLA_KEY : KEY, 1, most);
    int valueSize = c.intBetween(isAbsorbed ? MLA_VALUE : VALUE, 1, most);
    int ropeSize = c.intBetween(ROPE, 2, most);
    if (ropeSize % 2 != 0 || ropeSize >= keySize) {
      throw c.error(ROPE, "an even number below the " + keySize + " values of a key");
    }
    if (!isAbsorbed && keySize % 2 != 0) {
      throw c.error(KEY, "an even number"); // the kernel copies pairs of what is not rotated
    }
    if ((long) heads * Math.max(keySize, Math.max(valueSize, kvRank + ropeSize)) > most) {
      throw c.error(isAbsorbed ? MLA_KEY : KEY, "heads of " + most + " values in all");
    }
    MlaConfig mla =
        new MlaConfig(
            heads, hasQueryRank ? queryRank : 0, kvRank, keySize, valueSize, ropeSize, isAbsorbed);
    mla.requireCacheShape(c);
    return mla;
  }

  /** What a position stores follows from the ranks and sizes; the file says it too. */
  private void requireCacheShape(Config c) {
    if (isAbsorbed) {
      require(c, KV_HEADS, 1, "1, the latent vector");
      require(
          c, KEY, kvRank + ropeSize, kvRank + ropeSize + ", the latent vector and what rotates");
      require(c, VALUE, kvRank, kvRank + ", the latent vector");
    } else {
      require(c, KV_HEADS, heads, heads + ", all heads");
    }
  }

  private static void require(Config c, String key, int value, String expected) {
    if (c.ofLayer(key, 0, 0, Integer.MAX_VALUE) != value) {
      throw c.error(key, expected);
    }
  }

  /** Values per key that are not rotated. */
  public int plainSize() {
    return keySize - ropeSize;
  }

  /** Values of all query heads of a position. */
  public int queryWidth() {
    return heads * keySize;
  }

  /** Values of the attention's output. */
  public int outputWidth() {
    return heads * valueSize;
  }

  /** Values of a latent vector and of the rotated part of a key. */
  public int latentSize() {
    return kvRank + ropeSize;
  }

  /** The factor of the scores: that of the key size, times YaRN's temperature squared. */
  public float attentionScale(Config c, RopeParameters rope) {
    double logFactor = -Math.log(rope.freqScale());
    double attentionFactor = rope.attentionFactor() * (1 + 0.1 * logFactor);
    double magnitude = attentionFactor * (1 + 0.1 * c.rope().logMultiplier() * logFactor);
    return (float) (magnitude * magnitude / Math.sqrt(keySize));
  }
}
