package dev.myelin.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Texts to tokenize: hand-written ones for known differences, and random ones with fixed seeds.
 * {@code -Dtokenizer.texts=20000} compares more random ones with libllama than the default number.
 */
final class TestTexts {
  /** Random texts of a vocabulary; libllama's regular expressions take most of the time. */
  static final int RANDOM = Integer.getInteger("tokenizer.texts", 2000);

  private static final String[] HAND_WRITTEN = {
    "",
    " ",
    "  ",
    "   ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\n\n\n",
    " \n \n ",
    "\t\t\n  x",
    "a",
    " a",
    "  a",
    "a ",
    "a  ",
    "Hello, world! It's 3.14159 o'clock; WE'LL see, they'Ve I'D can'T 'tis ''s 'S '",
    "I'm we're you've she'll he'd it's isn't I'M WE'RE YOU'VE SHE'LL HE'D IT'S",
    "don\u2019t \u2018quoted\u2019 \u201cdouble\u201d \u2014 dash\u2026",
    "0 1 12 123 1234 12345 123456 1234567 12345678 123456789 1234567890",
    "3.14 1e-9 0x1F 1,000,000 \u00bd \u00b2\u00b3 \u2167 \u0663\u0664\u0665 \u0967\u0968"
        + " \uff11\uff12\uff13\uff14",
    "abc123def4567ghi89   1234567 x1234 \u4e2d1234\u6587",
    "camelCase PascalCase snake_case SCREAMING_SNAKE kebab-case HTTPServer iOS XMLHttpRequest",
    "def f(x):\n    return [i**2 for i in range(x) if i % 2 == 0]\n\n\nprint(f(10))  # ok\n",
    "#include <stdio.h>\r\n"
        + "int main(void) {\r\n"
        + "\tprintf(\"%d\\n"
        + "\", 1 << 3);\r\n"
        + "\treturn 0;\r\n"
        + "}\r\n",
    "public static <T> void main(String... args) throws Exception { /* \u00e9 */ }",
    "SELECT * FROM t WHERE a <> 'b''c' AND d IS NOT NULL;",
    "<html><body class=\"x\">&nbsp;<br/></body></html>",
    "fn main() { let s: &'static str = \"\u03b1\u03b2\u03b3\"; println!(\"{s:?}\"); }",
    "$ curl -sSL https://example.org/a?b=c&d=e#f | grep -E '^[a-z]+$' > ~/x.txt 2>&1",
    "{\"k\": [1, 2.5, null, true], \"nested\": {\"\\u00e9\": \"\u00e9\"}}",
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n```java\nint x = 1;\n```\n- [ ] todo\n* * *\n",
    "\\frac{\\partial f}{\\partial x} = \\sum_{i=0}^{n} x_i^2 \\quad \\forall x \\in \\mathbb{R}",
    "????!!!!....,,,,;;;;::::----____====++++****////\\\\\\\\^^^^~~~~````||||",
    "a?b!c.d,e;f:g-h_i=j+k*l/m\\n^o~p`q|r<s>t(u)v[w]x{y}z\"1'2@3#4$5%6&7",
    " ! \" # $ % & ' ( ) * + , - . / : ; < = > ? @ [ \\ ] ^ _ ` { | } ~ ",
    "a ? b ! c . d , e ' f 's 'm 're 've 'll 't 'd g ' ' h",
    "\u4f60\u597d\uff0c\u4e16\u754c\uff01\u8fd9\u662f\u4e00\u4e2a\u6d4b\u8bd5\u3002 123"
        + " \u4e2d\u6587english\u6df7\u5408",
    "\u3053\u3093\u306b\u3061\u306f\u4e16\u754c\u30ab\u30bf\u30ab\u30ca\u3001\u3072\u3089\u304c\u306a\u3002\uff71\uff72\uff73",
    "\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4! \u3131\u3134\u3137 \u1100\u1161\u11a8",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645\u061f"
        + " \u0661\u0662\u0663 \u0645\u064f\u062d\u064e\u0645\u064e\u0651\u062f\u060c",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd \u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e\u0964"
        + " \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!"
        + " \u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u00c0\u00e9\u00ee\u00f5\u00fc\u00df"
        + " \u0130\u0131 \u01c5 \u1e9e \u017f",
    "e\u0301 a\u0308\u0323 Z\u0351\u036b\u0343\u0352 \u0300x \u20dd\ufe0f",
    "\ud83d\ude00\ud83d\ude03 \ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67\u200d\ud83d\udc66"
        + " \ud83c\uddfa\ud83c\uddf8 \ud83d\udc4d\ud83c\udffd \u2764\ufe0f\u200d\ud83d\udd25"
        + " 1\ufe0f\u20e3",
    "\ud835\udc00\ud835\udd38 \ud801\udc00\ud801\udc28 \ud83a\udd00 \ud842\udfb7\ud869\uded6"
        + " \ud87e\udc00",
    "\u00a0x\u2003y\u3000z\u2028a\u2029b\u0085c\u1680d\u202fe\u205ff \u200bg\ufeffh\u00adi\u180e",
    "\u0000\u0001\u001b[31m\u007f\u0080\u009f x\u0000y",
    "\ufffd\ufffe\uffff\ue000\udbff\udffd",
    "\u2581\u2581a \u2581 \u0120the \u010a <0x0A> <0xE2>",
    "<s></s><unk><pad> <|endoftext|>x<|im_start|>user\nhi<|im_end|>\n<|eot_id|> <|begin_of_text|>",
    "<|end|>  \n x <|user|>\n\n  y <|assistant|> z </s> \t w <s>  v<mask>  u  <mask>[MASK]",
    "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|> <fim_prefix> <filename> <file_sep><pad>[PAD]"
        + " [INST]",
    "<\uff5cbegin\u2581of\u2581sentence\uff5c>User<\uff5cfim\u2581hole\uff5c> <PRE> \u2581<PRE>",
    "IMGIMGABZ IMGIMGABCDEZ <sentinel:12> IMGIMGZ <sentinel:>",
    "Once upon a time, there was a little girl named Lily. She loved to play outside.",
    "    indented\n\tTab\n\n        deeper    spaces   inside\n   ",
    "https://www.example.com/path/to/page.html?query=1234&other=%20%7B#frag",
    "a\u0301\u0301\u0301\u0301b \u0300\u0300 1\u03012\u0301 \u0301",
    "'\u017f 'K \u2019s 'LL 'Ll 'rE'vE'",
    "x\n\n\ny\r\r\nz \r\n \n\n  a\n b\t\n",
    "\n  \n\n   word\n    ",
    "foo/bar//baz/\n/\r\n/ a./\n",
  };

  /** Ranges of code points (first, last), mainly where tokenizers distinguish characters. */
  private static final int[][] RANGES = {
    {0x20, 0x7e},
    {0x00, 0xff},
    {'a', 'z'},
    {'A', 'z'},
    {'0', '9'},
    {0x20, 0x40},
    {0x100, 0x2ff},
    {0x300, 0x36f},
    {0x370, 0x52f},
    {0x590, 0x6ff},
    {0x900, 0xdff},
    {0xe00, 0x109f},
    {0x1100, 0x13ff},
    {0x1c80, 0x1fff},
    {0x2000, 0x206f},
    {0x2070, 0x2bff},
    {0x3000, 0x318f},
    {0x3400, 0x9fff},
    {0xa000, 0xabff},
    {0xac00, 0xd7ff},
    {0xe000, 0xffff},
    {0x10000, 0x1ffff},
    {0x1f300, 0x1faff},
    {0x20000, 0x323af},
    {0x800, 0x10ffff},
  };

  private static final int[] SPACES = {
    ' ', ' ', ' ', '\n', '\n', '\t', '\r', 0xb, 0xc, 0x85, 0xa0, 0x2003, 0x2028, 0x3000, 0x200b
  };

  private static final String[] SNIPPETS = {
    " ",
    "  ",
    "\n",
    "\r\n",
    "'s",
    "'LL",
    "'t ",
    "12",
    "1234",
    "the",
    " The",
    "ing",
    ".",
    ",",
    "!",
    "...",
    "//",
    "$",
    "+=",
    "\u00e9",
    "e\u0301",
    "\u4e2d",
    "\u3042",
    "\ud55c",
    "\u3002",
    "\u060c",
    "\u2019s",
    "\ud83d\ude00",
    "\u200d",
    "\ufe0f",
    "\u00a0",
    "\u2581",
    "<s>",
    "<|im_end|>",
    "<|endoftext|>",
    "</s>",
    "<unk>",
    "_",
    "-",
    "A",
    "AB",
    "aB",
    "x",
    "\t",
    "\u0300",
    "\u00b2"
  };

  private TestTexts() {}

  static List<String> handWritten() {
    return List.of(HAND_WRITTEN);
  }

  /** The text with unpaired surrogates replaced by U+FFFD. */
  static String wellFormed(String text) {
    return new String(Utf8.encode(text), StandardCharsets.UTF_8);
  }

  /** All hand-written texts and {@code count} random ones, determined by the seed. */
  static List<String> all(long seed, int count) {
    List<String> texts = new ArrayList<>(handWritten());
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      texts.add(
          switch (i % 4) {
            case 0 -> fromOneRange(random);
            case 1 -> fromManyRanges(random);
            case 2 -> fromSnippets(random);
            default -> mutatedHandWritten(random);
          });
    }
    return texts;
  }

  /** Texts of a vocabulary's own tokens, which often have several ways to be divided. */
  static List<String> ofTokens(Vocabulary vocabulary, long seed, int count) {
    Random random = new Random(seed);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(30); n >= 0; n--) {
        String token = vocabulary.text(random.nextInt(vocabulary.size()));
        text.append(random.nextInt(3) == 0 ? token : token.replace('\u2581', ' '));
      }
      texts.add(text.toString());
    }
    return texts;
  }

  /** Words of characters from one range. */
  private static String fromOneRange(Random random) {
    int[] range = RANGES[random.nextInt(RANGES.length)];
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(40); i >= 0; i--) {
      text.appendCodePoint(
          random.nextInt(5) == 0
              ? SPACES[random.nextInt(SPACES.length)]
              : codePoint(random, range));
    }
    return text.toString();
  }

  private static String fromManyRanges(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(30); i >= 0; i--) {
      int[] range = RANGES[random.nextInt(RANGES.length)];
      int point =
          random.nextInt(4) == 0 ? SPACES[random.nextInt(SPACES.length)] : codePoint(random, range);
      for (int repeat = random.nextInt(4) == 0 ? random.nextInt(6) : 0; repeat >= 0; repeat--) {
        text.appendCodePoint(point);
      }
    }
    return text.toString();
  }

  private static String fromSnippets(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(30); i >= 0; i--) {
      text.append(SNIPPETS[random.nextInt(SNIPPETS.length)]);
    }
    return text.toString();
  }

  /** A part of a hand-written text with a snippet inserted. */
  private static String mutatedHandWritten(Random random) {
    String text = HAND_WRITTEN[random.nextInt(HAND_WRITTEN.length)];
    int[] points = text.codePoints().toArray();
    int from = random.nextInt(points.length + 1);
    int to = from + random.nextInt(points.length - from + 1);
    int middle = from + random.nextInt(to - from + 1);
    return new String(points, from, middle - from)
        + SNIPPETS[random.nextInt(SNIPPETS.length)]
        + new String(points, middle, to - middle);
  }

  private static int codePoint(Random random, int[] range) {
    int point = range[0] + random.nextInt(range[1] - range[0] + 1);
    return point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
  }
}
