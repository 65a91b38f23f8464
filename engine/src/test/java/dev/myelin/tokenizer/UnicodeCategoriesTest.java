package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class UnicodeCategoriesTest {
  /** A JDK of a later Unicode must not change tokens: see {@link UnicodeCategories}. */
  @Test
  void matchesUnicode15() {
    CRC32 crc = new CRC32();
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      char standIn = UnicodeCategories.categoryChar(c);
      crc.update(standIn);
      crc.update(standIn >> 8);
    }
    assertThat(crc.getValue()).isEqualTo(1_546_979_723L);
  }

  @Test
  void returnsCategoryOfEachKind() {
    assertThat(UnicodeCategories.categoryChar('x')).isEqualTo('x');
    assertThat(UnicodeCategories.categoryChar(0xe9)).isEqualTo(UnicodeCategories.LETTER);
    assertThat(UnicodeCategories.categoryChar(0x4e2d)).isEqualTo(UnicodeCategories.HAN_LETTER);
    assertThat(UnicodeCategories.categoryChar(0x2a6df)).isEqualTo(UnicodeCategories.HAN_LETTER);
    assertThat(UnicodeCategories.categoryChar(0xfa6e)).isEqualTo(UnicodeCategories.HAN_OTHER);
    assertThat(UnicodeCategories.categoryChar(0xbd)).isEqualTo(UnicodeCategories.NUMBER);
    assertThat(UnicodeCategories.categoryChar(0x3002)).isEqualTo(UnicodeCategories.PUNCTUATION);
    assertThat(UnicodeCategories.categoryChar(0x1f600)).isEqualTo(UnicodeCategories.SYMBOL);
    assertThat(UnicodeCategories.categoryChar(0x301)).isEqualTo(UnicodeCategories.MARK);
    assertThat(UnicodeCategories.categoryChar(0x3000)).isEqualTo(UnicodeCategories.SPACE);
    assertThat(UnicodeCategories.categoryChar(0x85)).isEqualTo(UnicodeCategories.SPACE);
    assertThat(UnicodeCategories.categoryChar(0x200d)).isEqualTo(UnicodeCategories.OTHER);
    assertThat(UnicodeCategories.categoryChar(0x897))
        .isEqualTo(UnicodeCategories.OTHER); // added in 16.0
  }

  /** Patterns match the category characters as expected. */
  @Test
  void categoryCharsHaveTheirCategory() {
    assertThat(String.valueOf(UnicodeCategories.LETTER)).matches("\\p{L}");
    assertThat(String.valueOf(UnicodeCategories.HAN_LETTER)).matches("\\p{L}");
    assertThat(String.valueOf(UnicodeCategories.NUMBER)).matches("\\p{N}");
    assertThat(String.valueOf(UnicodeCategories.PUNCTUATION)).matches("\\p{P}");
    assertThat(String.valueOf(UnicodeCategories.SYMBOL)).matches("\\p{S}");
    assertThat(String.valueOf(UnicodeCategories.MARK)).matches("\\p{M}");
    assertThat(String.valueOf(UnicodeCategories.SPACE)).matches("\\s");
    for (char other : new char[] {UnicodeCategories.OTHER, UnicodeCategories.HAN_OTHER}) {
      assertThat(String.valueOf(other)).matches("[^\\s\\p{L}\\p{N}\\p{P}\\p{S}\\p{M}]");
    }
  }
}
