package dev.myelin.tokenizer;

/**
 * Regular expressions shared by pre-tokenizers. They follow the {@code tokenizer.json} of the
 * models, except where llama.cpp splits differently: GGUF files rely on its behaviour.
 */
final class Patterns {
  static final String NUMBER = "\\p{N}";
  static final String NUMBERS = "\\p{N}+";
  static final String NUMBERS_1_TO_3 = "\\p{N}{1,3}";
  static final String THREE_DIGITS = "[0-9][0-9][0-9]";
  static final String LINES = "[^\\n]+|\\n+";
  static final String LINE_BREAK = "[\\r\\n]";
  static final String SPACED_LETTERS = "\\s?\\p{L}+";
  static final String SPACED_PUNCTUATION = "\\s?\\p{P}+";

  /** Contractions: it's, they're. */
  static final String CONTRACTION = "'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])";

  static final String PREFIX = "[^\\r\\n\\p{L}\\p{N}]?";
  static final String WORD = PREFIX + "\\p{L}+";
  static final String SYMBOLS = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
  static final String SYMBOLS_SLASH = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*";
  static final String SPACES = "\\s+(?!\\S)|\\s+";
  static final String LINES_SPACES = "\\s*[\\r\\n]+|" + SPACES;

  static final String GPT2 =
      "'(?:[stmd]|re|ve|ll)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";
  static final String LLAMA3 = anyOf(CONTRACTION, WORD, NUMBERS_1_TO_3, SYMBOLS, LINES_SPACES);
  static final String QWEN2 = anyOf(CONTRACTION, WORD, NUMBER, SYMBOLS, LINES_SPACES);
  static final String QWEN35 =
      anyOf(
          CONTRACTION,
          PREFIX + "[\\p{L}\\p{M}]+",
          NUMBER,
          " ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*",
          LINES_SPACES);

  static final String TEKKEN =
      anyOf(
          casedWord("[\\p{L}&&[^a-z]]", "[\\p{L}&&[^A-Z]]", ""),
          NUMBER,
          SYMBOLS_SLASH,
          LINES_SPACES);
  static final String GPT4O =
      anyOf(
          casedWord("[\\p{L}&&[^a-z]]", "[\\p{L}&&[^A-Z]]", optional(CONTRACTION)),
          NUMBERS_1_TO_3,
          SYMBOLS_SLASH,
          LINES_SPACES);
  static final String GRANITE =
      anyOf(
          casedWord("[\\p{L}\\p{M}&&[^a-z]]", "[\\p{L}\\p{M}&&[^A-Z]]", optional(CONTRACTION)),
          NUMBERS_1_TO_3,
          SYMBOLS_SLASH,
          LINES_SPACES);
  static final String WORD_WITH_MARKS =
      PREFIX.concat("[\\p{L}\\p{M}]+").concat(optional(CONTRACTION));

  private static final String WORD_WITH_PUNCTUATION =
      "[!-/:-@\\[-`{-~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+";
  static final String DEEPSEEK3 =
      anyOf(WORD_WITH_PUNCTUATION, " ?[\\p{P}\\p{S}]+[\\r\\n]*", LINES_SPACES);
  static final String SPARK = anyOf(WORD_WITH_PUNCTUATION, " ?[\\p{P}\\p{S}]+", LINE_BREAK, SPACES);

  /** Han characters are recognised by their {@link UnicodeCategories} characters. */
  static final String KIMI =
      anyOf(
          "[\\u00ba\\u0081]+",
          PREFIX.concat("[\\p{L}&&[^\\u00ba]]+").concat(optional(CONTRACTION)),
          NUMBERS_1_TO_3,
          SYMBOLS,
          LINES_SPACES);

  static final String BLOOM = " ?[^(\\s|.,!?\\u2026\\u3002\\uff0c\\u3001\\u0964\\u06d4\\u060c)]+";

  /** Chinese and Japanese. */
  static final String CJK = "[\\u4e00-\\u9fa5\\u3040-\\u309f\\u30a0-\\u30ff]+";

  /** Almost everything from U+0800 to the end of Hangul. */
  static final String EAST_ASIAN = "[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff]+";

  static final String YOUTU_SCRIPTS =
      anyOf(
          "[\\uac00-\\ud7a3\\u3131-\\u318e]+",
          "[\\uff01\\u2026\\u201c\\u201d\\u2018\\u2019\\u2014\\uff1a\\uff1b\\uff0c"
              + "\\u3001-\\u303f\\ufe30-\\ufe4f]+",
          "[\\u3105-\\u312f]+",
          CJK);

  static final String AFMOE_SCRIPTS =
      "[\\u4e00-\\u9fff\\u3400-\\u4dbf\\u8c48-\\ufaff\\u3040-\\u309f\\u30a0-\\u30ff\\uff65-\\uff9f"
          + "\\u2f00-\\u2fdf\\u0e40-\\u0e7f\\u0e80-\\u0eff\\u1780-\\u17ff\\u1000-\\u109f"
          + "\\uaa60-\\uaa7f\\ua9e0-\\ua9ff\\uac00-\\ud7af\\u1100-\\u11ff]+";

  /**
   * Letters of scripts with upper and lower case. The ranges of a set are tried one after another:
   * each part is preceded by one range around it.
   */
  static final String DEEPSEEK_LETTERS =
      "\\s?[A-Za-z"
          + "[\\u00b5-\\u0556&&[\\u00b5\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u01ba\\u01bc-\\u01bf"
          + "\\u01c4-\\u0293\\u0295-\\u02af\\u0370-\\u0373\\u0376\\u0377\\u037b-\\u037d\\u037f"
          + "\\u0386\\u0388-\\u038a\\u038c\\u038e-\\u03a1\\u03a3-\\u03f5\\u03f7-\\u0481"
          + "\\u048a-\\u052f\\u0531-\\u0556]]"
          + "[\\u10a0-\\u13fd&&[\\u10a0-\\u10c5\\u13a0-\\u13f5\\u13f8-\\u13fd]]"
          + "[\\u1c90-\\u1ffc&&[\\u1c90-\\u1cba\\u1cbd-\\u1cbf\\u1d00-\\u1d2b\\u1d6b-\\u1d77"
          + "\\u1d79-\\u1d9a\\u1e00-\\u1f15\\u1f18-\\u1f1d\\u1f20-\\u1f45\\u1f48-\\u1f4d"
          + "\\u1f50-\\u1f57\\u1f59\\u1f5b\\u1f5d\\u1f5f-\\u1f7d\\u1f80-\\u1fb4\\u1fb6-\\u1fbc"
          + "\\u1fbe\\u1fc2-\\u1fc4\\u1fc6-\\u1fcc\\u1fd0-\\u1fd3\\u1fd6-\\u1fdb\\u1fe0-\\u1fec"
          + "\\u1ff2-\\u1ff4\\u1ff6-\\u1ffc]]"
          + "[\\u2102-\\u2184&&[\\u2102\\u2107\\u210a-\\u2113\\u2115\\u2119-\\u211d\\u2124\\u2126"
          + "\\u2128\\u212a-\\u212d\\u212f-\\u2134\\u2139\\u213c-\\u213f\\u2145-\\u2149\\u214e"
          + "\\u2183\\u2184]]"
          + "[\\u2c00-\\u2cf3&&[\\u2c00-\\u2c7b\\u2c7e-\\u2ce4\\u2ceb-\\u2cee\\u2cf2\\u2cf3]]"
          + "[\\ua640-\\uabbf&&[\\ua640-\\ua66d\\ua680-\\ua69b\\ua722-\\ua76f\\ua771-\\ua787"
          + "\\ua78b-\\ua78e\\uab70-\\uabbf]]"
          + "[\\ufb00-\\uff5a&&[\\ufb00-\\ufb06\\ufb13-\\ufb17\\uff21-\\uff3a\\uff41-\\uff5a]]"
          + "[\\x{10400}-\\x{1e943}&&[\\x{10400}-\\x{1044f}\\x{104b0}-\\x{104d3}"
          + "\\x{104d8}-\\x{104fb}\\x{10c80}-\\x{10cb2}\\x{10cc0}-\\x{10cf2}\\x{118a0}-\\x{118df}"
          + "\\x{1e900}-\\x{1e943}]]"
          + "]+";

  static final String DEEPSEEK_PUNCTUATION =
      "\\s?[!-/:-~\\uff01-\\uff0f\\uff1a-\\uff5e\\u2018-\\u201f\\u3000-\\u3002]+";

  // String.join, not +: the first string concatenation costs milliseconds of start-up time

  private Patterns() {}

  static String anyOf(String... alternatives) {
    return String.join("|", alternatives);
  }

  private static String optional(String pattern) {
    return String.join("", "(?:", pattern, ")?");
  }

  /** A word: any capitals, then small letters; or capitals, then any small letters. */
  private static String casedWord(String capital, String small, String suffix) {
    return anyOf(
        String.join("", PREFIX, capital, "*", small, "+", suffix),
        String.join("", PREFIX, capital, "+", small, "*", suffix));
  }
}
