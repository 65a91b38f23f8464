package dev.myelin.gguf;

import static dev.myelin.gguf.RawGguf.ARRAY;
import static dev.myelin.gguf.RawGguf.BOOL;
import static dev.myelin.gguf.RawGguf.I32;
import static dev.myelin.gguf.RawGguf.STRING;
import static dev.myelin.gguf.RawGguf.U32;
import static dev.myelin.gguf.RawGguf.U64;
import static dev.myelin.gguf.RawGguf.U8;
import static dev.myelin.gguf.RawGguf.bytes;
import static dev.myelin.gguf.RawGguf.keysOnly;
import static dev.myelin.gguf.RawGguf.valid;
import static dev.myelin.gguf.RawGguf.withKey;

import java.nio.charset.StandardCharsets;

/** Files with a defect before the tensor table: magic, version, counts, keys, values. */
final class MalformedMetadata extends MalformedCases {
  private static final long MAX = Long.MAX_VALUE;
  private static final long MIN = Long.MIN_VALUE; // 2^63 if read as unsigned

  MalformedMetadata() {
    containers();
    versions();
    counts();
    keys();
    scalars();
    strings();
    arrays();
    alignments();
  }

  private void containers() {
    add("an empty file", new byte[0], "empty", "expected a GGUF file");
    add("one byte", new byte[] {'G'}, "magic \"G\"", "not a GGUF file");
    add(
        "only the magic",
        valid().magic("GGUF").truncated(valid().build().length - 4),
        "header",
        "4");
    add("cut in the version", valid().truncated(valid().build().length - 6), "header", "6");
    add("cut in the tensor count", valid().truncated(valid().build().length - 12), "header", "12");
    add("cut in the key count", valid().truncated(valid().build().length - 20), "header", "20");
    add("magic in lower case", valid().magic("gguf"), "magic \"gguf\"", "GGUF");
    add("the format before GGUF", valid().magic("tjgg"), "magic \"tjgg\"");
    add("a zip file", valid().magic("PK\3\4"), "magic \"PK\\u0003\\u0004\"");
    add("a gzip file", valid().magic("\u001f\u008b\b\0"), "magic", "\\u001f\\u008b");
    add("a safetensors file", valid().magic("\u0040\0\0\0\0\0\0\0{\"a\""), "magic \"@\\u0000");
    add("a byte order mark first", valid().magic("\u00ef\u00bb\u00bfGGUF"), "magic");
    add("zeros", new byte[4096], "magic \"\\u0000");
    add("the magic one byte late", valid().magic("\0GGUF"), "magic \"\\u0000GGU\"");
    add("a page of HTML", valid().magic("<!DOCTYPE html>"), "magic \"<!DO\"");
    add(
        "a Git LFS pointer",
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
            .getBytes(StandardCharsets.US_ASCII),
        "Git LFS pointer");
    add("the magic reversed", valid().magic("FUGG"), "big-endian");
  }

  private void versions() {
    add("version 0", valid().version(0), "version 0", "expected 2 or 3");
    add("version 1", valid().version(1), "version 1", "expected 2 or 3", "convert");
    add("version 4", valid().version(4), "version 4", "expected 2 or 3");
    add("version 2^32-1", valid().version(-1), "version 4294967295");
    add("version 3 big-endian", valid().version(3 << 24), "version 3 in big-endian");
    add("version 2 big-endian", valid().version(2 << 24), "version 2 in big-endian");
    add(
        "version 1's 32-bit counts under version 2",
        bytes()
            .u8('G', 'G', 'U', 'F')
            .i32(2)
            .i32(0)
            .i32(1)
            .i32(3)
            .u8('a', 'b', 'c')
            .i32(U8)
            .zeros(9)
            .get(),
        "tensor count 4294967296");
  }

  private void counts() {
    add("2^63 tensors", valid().tensorCount(MIN), "tensor count 9223372036854775808", "most");
    add("2^63-1 tensors", valid().tensorCount(MAX), "tensor count 9223372036854775807");
    add("2^64-1 tensors", valid().tensorCount(-1), "tensor count 18446744073709551615");
    add("tensors beyond the bytes", valid().tensorCount(50), "tensor count 50", "expected at most");
    add("one tensor too many", valid().tensorCount(3), "tensor 2", "name length");
    add("2^64-1 keys", valid().keyCount(-1), "key count 18446744073709551615", "expected at most");
    add("2^32 keys", valid().keyCount(1L << 32), "key count 4294967296");
    add("one key too many", valid().keyCount(5), "tensor 0", "name length 0");
    add("one key too few", valid().keyCount(3), "tensor words", "rank 9");
    add("no keys counted", valid().keyCount(0), "tensor general.architecture", "rank 8");
    RawGguf manyKeys = new RawGguf();
    for (int i = 0; i <= Limits.MAX_KEYS; i++) {
      manyKeys.key(bytes().str("k" + i).i32(U8).u8(0));
    }
    add("more keys than the limit", manyKeys, "key count 65537", "expected at most 65536");
    RawGguf manyTensors = new RawGguf();
    for (int i = 0; i <= Limits.MAX_TENSORS; i++) {
      manyTensors.tensor(bytes().str("t" + i).i32(1).i64(8).i32(0).i64(32L * i));
    }
    add("more tensors than the limit", manyTensors, "tensor count 131073", "most 131072");
  }

  private void keys() {
    add("an empty key", withKey(bytes().str("").i32(U8).u8(1)), "key 4", "name length 0");
    add("a key of 2^63 bytes", withKey(bytes().i64(MIN)), "key 4", "9223372036854775808");
    add("a key of 2^64-1 bytes", withKey(bytes().i64(-1)), "key 4", "18446744073709551615");
    add(
        "a key of 65536 bytes",
        withKey(bytes().str("k".repeat(65536)).i32(U8).u8(1)),
        "key 4",
        "name length 65536",
        "65535");
    add("a key beyond the file", keysOnly().key(bytes().i64(100).u8('a')), "key 4", "truncated");
    add(
        "a key that is not UTF-8",
        withKey(bytes().bytes(new byte[] {'a', -1}).i32(U8).u8(1)),
        "key 4",
        "expected UTF-8");
    add(
        "a key in overlong UTF-8",
        withKey(bytes().bytes(new byte[] {(byte) 0xc1, (byte) 0x81}).i32(U8).u8(1)),
        "key 4",
        "expected UTF-8");
    add(
        "half a surrogate pair in a key",
        withKey(bytes().bytes(new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}).i32(U8).u8(1)),
        "key 4",
        "expected UTF-8");
    add(
        "a key that ends within a character",
        withKey(bytes().bytes(new byte[] {'a', (byte) 0xe2, (byte) 0x82}).i32(U8).u8(1)),
        "key 4",
        "expected UTF-8");
    add(
        "a zero byte in a key",
        withKey(bytes().str("a\0b").i32(U8).u8(1)),
        "key 4",
        "a\\u0000b",
        "zero byte");
    add(
        "a key twice",
        withKey(bytes().str("llama.block_count").i32(U32).i32(2)),
        "key llama.block_count",
        "twice");
    add(
        "a key twice with other types",
        withKey(bytes().str("flag").i32(STRING).str("x")),
        "key flag",
        "twice");
    add("the file ends in a key's length", keysOnly().key(bytes().i32(4)), "key 4", "name length");
    add(
        "the file ends after a key",
        keysOnly().key(bytes().str("key.with.no.value")),
        "key key.with.no.value",
        "value type",
        "truncated");
    add(
        "a long key without a value",
        keysOnly().key(bytes().str("long.".repeat(900))),
        "key long.long.",
        "...",
        "truncated");
    add(
        "control characters in a key",
        keysOnly().key(bytes().str("a\u001b[2J\r\nb").i32(99)),
        "a\\u001b[2J\\r\\nb");
  }

  private void scalars() {
    add("value type 13", withKey(bytes().str("k").i32(13).i64(0)), "key k", "value type 13");
    add("value type 2^32-1", withKey(bytes().str("k").i32(-1).i64(0)), "type 4294967295");
    add("value type 2^31", withKey(bytes().str("k").i32(1L << 31).i64(0)), "type 2147483648");
    add("bool 2", withKey(bytes().str("k").i32(BOOL).u8(2)), "key k", "bool 2", "0 or 1");
    add("bool 255", withKey(bytes().str("k").i32(BOOL).u8(255)), "key k", "bool 255");
    add("a u8 without its byte", keysOnly().key(bytes().str("k").i32(U8)), "key k", "truncated");
    add("half a u32", keysOnly().key(bytes().str("k").i32(U32).u8(1, 2)), "key k", "4 bytes");
    add("half a u64", keysOnly().key(bytes().str("k").i32(U64).i32(1)), "key k", "8 bytes");
    add("a u16 of one byte", keysOnly().key(bytes().str("k").i32(2).u8(1)), "key k", "2 bytes");
    add("an f64 of seven bytes", keysOnly().key(bytes().str("k").i32(12).zeros(7)), "8 bytes");
  }

  private void strings() {
    add(
        "half a string's length",
        keysOnly().key(bytes().str("k").i32(STRING).i32(1)),
        "key k",
        "string length",
        "truncated");
    add(
        "a string one byte too long",
        keysOnly().key(bytes().str("k").i32(STRING).i64(3).u8(1, 2)),
        "key k",
        "string of 3 bytes",
        "at most 2");
    add(
        "a string of 2^63 bytes",
        withKey(bytes().str("k").i32(STRING).i64(MIN)),
        "key k",
        "string of 9223372036854775808 bytes");
    add(
        "a string of 2^64-1 bytes",
        withKey(bytes().str("k").i32(STRING).i64(-1)),
        "key k",
        "string of 18446744073709551615 bytes");
    add(
        "a string whose end overflows",
        withKey(bytes().str("k").i32(STRING).i64(MAX - 8)),
        "key k",
        "string of 9223372036854775799 bytes");
  }

  private void arrays() {
    add(
        "element type 13",
        withKey(bytes().str("k").i32(ARRAY).i32(13).i64(1)),
        "key k",
        "element type 13");
    add(
        "element type 2^32-1",
        withKey(bytes().str("k").i32(ARRAY).i32(-1).i64(1)),
        "element type 4294967295");
    add(
        "an array of arrays",
        withKey(bytes().str("k").i32(ARRAY).i32(ARRAY).i64(1).i32(U8).i64(1).u8(7)),
        "key k",
        "array of arrays");
    NestedArrays deep = new NestedArrays(100_000);
    add("arrays 100000 deep", withKey(deep.key()), "key k", "array of arrays");
    add(
        "an array of 2^63 bools",
        withKey(bytes().str("k").i32(ARRAY).i32(BOOL).i64(MIN)),
        "key k",
        "array of 9223372036854775808 bool");
    add(
        "an array whose bytes are 2^64",
        withKey(bytes().str("k").i32(ARRAY).i32(U64).i64(1L << 61)),
        "key k",
        "array of 2305843009213693952 u64");
    add(
        "an array whose bytes are 2^63",
        withKey(bytes().str("k").i32(ARRAY).i32(I32).i64(1L << 61)),
        "key k",
        "array of 2305843009213693952 i32");
    add(
        "an array of 2^31 bytes",
        withKey(bytes().str("k").i32(ARRAY).i32(U8).i64(1L << 31)),
        "key k",
        "array of 2147483648 u8");
    add(
        "u8 elements one too many",
        keysOnly().key(bytes().str("k").i32(ARRAY).i32(U8).i64(4).zeros(3)),
        "array of 4 u8",
        "3");
    add(
        "u16 elements and half a one",
        keysOnly().key(bytes().str("k").i32(ARRAY).i32(2).i64(2).zeros(3)),
        "array of 2 u16");
    add(
        "f64 elements one too many",
        keysOnly().key(bytes().str("k").i32(ARRAY).i32(12).i64(3).zeros(16)),
        "array of 3 f64");
    add(
        "2^64-1 strings",
        withKey(bytes().str("k").i32(ARRAY).i32(STRING).i64(-1)),
        "key k",
        "array of 18446744073709551615 str");
    add(
        "strings beyond the bytes",
        keysOnly().key(bytes().str("k").i32(ARRAY).i32(STRING).i64(3).str("").str("")),
        "array of 3 str");
    add(
        "an element longer than the file",
        withKey(bytes().str("k").i32(ARRAY).i32(STRING).i64(2).str("a").i64(1 << 20)),
        "key k",
        "string 1 of 1048576 bytes");
    add(
        "an element of 2^64-1 bytes",
        withKey(bytes().str("k").i32(ARRAY).i32(STRING).i64(2).i64(-1).str("a")),
        "key k",
        "string 0 of 18446744073709551615 bytes");
    add(
        "an element of 2^63-1 bytes",
        withKey(bytes().str("k").i32(ARRAY).i32(STRING).i64(1).i64(MAX)),
        "key k",
        "string 0 of 9223372036854775807 bytes");
    add(
        "the file ends in an element's length",
        keysOnly().key(bytes().str("k").i32(ARRAY).i32(STRING).i64(2).str("abcdefgh").u8(1)),
        "key k",
        "string 1",
        "truncated");
    add(
        "the first string swallows the second",
        keysOnly().key(bytes().str("k").i32(ARRAY).i32(STRING).i64(2).i64(8).str("")),
        "key k",
        "string 1",
        "truncated");
    add(
        "a bool 2 among bools",
        withKey(bytes().str("k").i32(ARRAY).i32(BOOL).i64(3).u8(1, 2, 0)),
        "key k",
        "element 1");
    add("no element type", keysOnly().key(bytes().str("k").i32(ARRAY)), "key k", "element type");
    add(
        "no array size",
        keysOnly().key(bytes().str("k").i32(ARRAY).i32(U8).i32(0)),
        "key k",
        "array size");
  }

  /** A key "k" of arrays of one array each. */
  private record NestedArrays(int depth) {
    RawGguf.Bytes key() {
      RawGguf.Bytes key = bytes().str("k").i32(ARRAY);
      for (int i = 0; i < depth; i++) {
        key.i32(ARRAY).i64(1);
      }
      return key.i32(U8).i64(0);
    }
  }

  private void alignments() {
    String name = "general.alignment";
    add("alignment 0", withKey(bytes().str(name).i32(U32).i32(0)), name + " = u32 0", "power");
    add("alignment 1", withKey(bytes().str(name).i32(U32).i32(1)), name + " = u32 1", "least 8");
    add("alignment 4", withKey(bytes().str(name).i32(U32).i32(4)), name + " = u32 4", "least 8");
    add("alignment 48", withKey(bytes().str(name).i32(U32).i32(48)), "u32 48", "power of two");
    add("alignment 2^31", withKey(bytes().str(name).i32(U32).i32(1L << 31)), "2147483648");
    add("alignment 2^32-1", withKey(bytes().str(name).i32(U32).i32(-1)), "4294967295");
    add("alignment as a u64", withKey(bytes().str(name).i32(U64).i64(32)), name + " = u64 32");
    add("alignment as an i32", withKey(bytes().str(name).i32(I32).i32(32)), name + " = i32 32");
    add("alignment as text", withKey(bytes().str(name).i32(STRING).str("32")), name + " = \"32\"");
    add(
        "alignment as an array",
        withKey(bytes().str(name).i32(ARRAY).i32(U32).i64(1).i32(32)),
        name + " = [1 x u32]");
    add("alignment as true", withKey(bytes().str(name).i32(BOOL).u8(1)), name + " = bool true");
    add(
        "alignment beyond the file",
        withKey(bytes().str(name).i32(U32).i32(1 << 20)),
        "tensor a",
        "inside the file",
        "0 bytes of data");
    add(
        "offsets of another alignment",
        withKey(bytes().str(name).i32(U32).i32(64)).padTo(64),
        "tensor b",
        "alignment 64");
  }
}
