package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteStringTableTest {
  private static ByteStrings strings(String... strings) {
    try (GgufFile file = SmallVocabularies.open(new GgufWriter().put("key", strings))) {
      return ByteStrings.of(file, "key", strings.length);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void matchesHashMap() {
    Random random = new Random(3);
    for (int size : new int[] {0, 1, 2, 7, 100, 5000}) {
      Map<String, Integer> map = new HashMap<>();
      String[] all = new String[size];
      int duplicate = ByteStringTable.NONE;
      for (int i = 0; i < size; i++) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(5); n >= 0; n--) {
          text.append((char) ('a' + random.nextInt(9)));
        }
        all[i] = text.toString();
        if (map.putIfAbsent(all[i], i) != null && duplicate == ByteStringTable.NONE) {
          duplicate = i;
        }
      }
      ByteStringTable table = new ByteStringTable(strings(all));
      assertThat(table.duplicate()).isEqualTo(duplicate);
      map.forEach((text, i) -> assertThat(table.find(utf8(text))).as(text).isEqualTo(i));
      for (String other : new String[] {"", "A", "abcdefghijkl", "\u00e9", "zz"}) {
        assertThat(table.find(utf8(other))).as(other).isEqualTo(map.getOrDefault(other, -1));
      }
    }
  }

  @Test
  void findsPairs() {
    ByteStringTable table = new ByteStringTable(strings("a b", "ab c", "a bc", "\u0120 \u00e9"));
    byte[] abc = utf8("xabcx");
    assertThat(table.findPair(abc, 1, 2, 3)).isZero();
    assertThat(table.findPair(abc, 1, 3, 4)).isEqualTo(1);
    assertThat(table.findPair(abc, 1, 2, 4)).isEqualTo(2);
    assertThat(table.findPair(abc, 2, 3, 4)).isEqualTo(ByteStringTable.NONE);
    assertThat(table.findPair(abc, 0, 1, 5)).isEqualTo(ByteStringTable.NONE);
    assertThat(table.findPair(utf8("\u0120\u00e9"), 0, 2, 4)).isEqualTo(3);
  }

  /** Strings with equal {@link String#hashCode} are found, without long searches. */
  @Test
  void resistsHashCollisions() {
    String[] all = new String[1 << 14];
    for (int i = 0; i < all.length; i++) {
      StringBuilder text = new StringBuilder();
      for (int bit = 0; bit < 14; bit++) {
        text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      all[i] = text.toString();
    }
    ByteStringTable table = new ByteStringTable(strings(all));
    for (int i = 0; i < all.length; i++) {
      assertThat(table.find(utf8(all[i]))).isEqualTo(i);
    }
  }

  @Test
  void namesEmptyStrings() {
    ByteStrings named = strings("", "x", "").withEmptyNamed();
    assertThat(named.text(0)).isEqualTo("[EMPTY_0]");
    assertThat(named.text(1)).isEqualTo("x");
    assertThat(named.text(2)).isEqualTo("[EMPTY_2]");
    assertThat(strings("", "x").text(1)).isEqualTo("x");
  }
}
