package dev.myelin.gguf;

import static dev.myelin.gguf.RawGguf.I32;
import static dev.myelin.gguf.RawGguf.STRING;
import static dev.myelin.gguf.RawGguf.U32;
import static dev.myelin.gguf.RawGguf.bytes;
import static dev.myelin.gguf.RawGguf.keysOnly;
import static dev.myelin.gguf.RawGguf.valid;
import static dev.myelin.gguf.RawGguf.withKey;
import static dev.myelin.gguf.RawGguf.withTensor;

/** Files with a defect in the tensor table, the data or the split keys. */
final class MalformedTensors extends MalformedCases {
  private static final long MAX = Long.MAX_VALUE;
  private static final long MIN = Long.MIN_VALUE; // 2^63 if read as unsigned

  MalformedTensors() {
    tensorNames();
    shapes();
    types();
    offsets();
    splits();
  }

  private void tensorNames() {
    add(
        "a tensor without a name",
        withTensor(bytes().str("").i32(1).i64(8).i32(0).i64(0), 32),
        "tensor 0",
        "name length 0");
    add(
        "a name of 64 bytes",
        withTensor(bytes().str("n".repeat(64)).i32(1).i64(8).i32(0).i64(0), 32),
        "tensor 0",
        "name length 64",
        "63");
    add(
        "a name of 2^63 bytes",
        withTensor(bytes().i64(MIN).zeros(40), 32),
        "tensor 0",
        "name length 9223372036854775808");
    add(
        "a name cut short",
        keysOnly().tensor(bytes().i64(20).u8('a')).tensorCount(1).header(),
        "tensor 0",
        "expected 20 bytes");
    add(
        "a name beyond the file",
        valid().tensor(bytes().i64(30).zeros(26)).header(),
        "tensor 2",
        "truncated");
    add(
        "a name that is not UTF-8",
        withTensor(bytes().bytes(new byte[] {(byte) 0xf5}).i32(1).i64(8).i32(0).i64(0), 32),
        "tensor 0",
        "expected UTF-8");
    add(
        "a zero byte in a name",
        withTensor(bytes().str("a\0").i32(1).i64(8).i32(0).i64(0), 32),
        "tensor 0",
        "zero byte");
    add(
        "a name twice",
        valid().tensor(bytes().str("a").i32(1).i64(8).i32(0).i64(96)).data(128),
        "tensor a",
        "twice");
  }

  private void shapes() {
    add(
        "rank 5",
        withTensor(bytes().str("t").i32(5).i64(1, 1, 1, 1, 1).i32(0).i64(0), 32),
        "tensor t",
        "rank 5",
        "at most 4");
    add(
        "rank 2^32-1",
        withTensor(bytes().str("t").i32(-1).i64(8).i32(0).i64(0), 32),
        "tensor t",
        "rank 4294967295");
    add(
        "a row of no elements",
        withTensor(bytes().str("t").i32(1).i64(0).i32(0).i64(0), 32),
        "tensor t",
        "dimension 0 = 0");
    add(
        "no rows",
        withTensor(bytes().str("t").i32(3).i64(8, 0, 2).i32(0).i64(0), 32),
        "tensor t",
        "dimension 1 = 0");
    add(
        "dimension 2^64-1",
        withTensor(bytes().str("t").i32(1).i64(-1).i32(0).i64(0), 32),
        "tensor t",
        "dimension 0 = 18446744073709551615");
    add(
        "two negative dimensions",
        withTensor(bytes().str("t").i32(2).i64(-4, -2).i32(0).i64(0), 32),
        "tensor t",
        "dimension");
    add(
        "2^63-1 elements",
        withTensor(bytes().str("t").i32(1).i64(MAX).i32(0).i64(0), 32),
        "tensor t",
        "2^63");
    add(
        "elements that overflow to 0",
        withTensor(bytes().str("t").i32(2).i64(1L << 32, 1L << 32).i32(0).i64(0), 32),
        "tensor t",
        "[4294967296, 4294967296]");
    add(
        "elements that overflow below 0",
        withTensor(bytes().str("t").i32(3).i64(1L << 31, 1L << 31, 2).i32(24).i64(0), 32),
        "tensor t",
        "2^63");
    add(
        "elements that overflow to a few",
        withTensor(
            bytes().str("t").i32(4).i64(1 << 16, 1 << 16, 1 << 16, (1 << 16) + 1).i32(24).i64(0),
            32),
        "tensor t",
        "2^63");
    add(
        "bytes that overflow",
        withTensor(bytes().str("t").i32(1).i64(1L << 61).i32(28).i64(0), 32),
        "tensor t",
        "2^63");
    add(
        "blocks whose bytes overflow",
        withTensor(bytes().str("t").i32(2).i64(1L << 30, 15L << 29).i32(15).i64(0), 32),
        "tensor t",
        "[1073741824, 8053063680]");
    add(
        "a shape larger than the file",
        withTensor(bytes().str("t").i32(2).i64(4096, 4096).i32(1).i64(0), 32),
        "tensor t",
        "33554432 bytes at data offset 0",
        "32 bytes of data");
    add(
        "the file ends in the rank",
        valid().tensor(bytes().str("longer.name.t").u8(1)).header(),
        "tensor longer.name.t",
        "truncated");
    add(
        "the file ends in the shape",
        valid().tensor(bytes().str("t").i32(4).i64(1)).header(),
        "tensor t",
        "truncated");
  }

  private void types() {
    int[] removed = {4, 5, 31, 32, 33, 36, 37, 38};
    for (int id : removed) {
      add(
          "type " + id + ", which ggml removed",
          withTensor(bytes().str("t").i32(1).i64(256).i32(id).i64(0), 1024),
          "tensor t",
          "type " + id,
          "expected a type that ggml");
    }
    add(
        "type 43, which ggml has not got yet",
        withTensor(bytes().str("t").i32(1).i64(256).i32(43).i64(0), 1024),
        "tensor t",
        "type 43");
    add(
        "type 2^32-1",
        withTensor(bytes().str("t").i32(1).i64(256).i32(-1).i64(0), 1024),
        "tensor t",
        "type 4294967295");
    add(
        "type 2^31-1",
        withTensor(bytes().str("t").i32(1).i64(256).i32(Integer.MAX_VALUE).i64(0), 1024),
        "tensor t",
        "type 2147483647");
    add(
        "the file ends before the type",
        valid().tensor(bytes().str("tensor.t").i32(1).i64(8)).header(),
        "tensor tensor.t",
        "type");
    add(
        "a row of a block and one",
        withTensor(bytes().str("t").i32(1).i64(33).i32(2).i64(0), 64),
        "tensor t",
        "row of 33 elements of q4_0",
        "multiple of 32");
    add(
        "half a block a row",
        withTensor(bytes().str("t").i32(2).i64(128, 2).i32(12).i64(0), 288),
        "tensor t",
        "row of 128 elements of q4_K",
        "multiple of 256");
    add(
        "rows that share a block",
        withTensor(bytes().str("t").i32(2).i64(16, 2).i32(8).i64(0), 64),
        "tensor t",
        "row of 16 elements of q8_0");
    add(
        "a single number in blocks",
        withTensor(bytes().str("t").i32(0).i32(8).i64(0), 64),
        "row of 1 elements of q8_0");
    add(
        "a row of half an nvfp4 block",
        withTensor(bytes().str("t").i32(1).i64(32).i32(40).i64(0), 64),
        "nvfp4",
        "of 64");
  }

  private void offsets() {
    add(
        "an odd offset",
        withTensor(bytes().str("t").i32(1).i64(8).i32(0).i64(1), 64),
        "tensor t",
        "offset 1",
        "alignment 32");
    add(
        "an offset of half the alignment",
        withTensor(bytes().str("t").i32(1).i64(8).i32(0).i64(16), 64),
        "offset 16");
    add(
        "offset 2^63",
        withTensor(bytes().str("t").i32(1).i64(8).i32(0).i64(MIN), 64),
        "tensor t",
        "offset 9223372036854775808");
    add(
        "an offset just below 0",
        withTensor(bytes().str("t").i32(1).i64(8).i32(0).i64(-32), 64),
        "tensor t",
        "offset 18446744073709551584");
    add(
        "an offset at the end",
        withTensor(bytes().str("t").i32(1).i64(8).i32(0).i64(64), 64),
        "tensor t",
        "32 bytes at data offset 64",
        "64 bytes of data");
    add(
        "an offset beyond the end",
        withTensor(bytes().str("t").i32(1).i64(8).i32(0).i64(1 << 20), 64),
        "tensor t",
        "data offset 1048576");
    add(
        "an end that overflows",
        withTensor(bytes().str("t").i32(1).i64(8).i32(0).i64(MAX - 31), 64),
        "tensor t",
        "offset 9223372036854775776");
    add("data one byte short", valid().truncated(1), "tensor b", "36 bytes at data offset 32");
    add("data half there", valid().data(34), "tensor b", "inside the file");
    add("no data at all", valid().data(0), "tensor a", "0 bytes of data");
    add("no padding before the data", valid().header(), "tensor a", "0 bytes of data");
    add(
        "two tensors in one place",
        keysOnly()
            .tensor(bytes().str("a").i32(1).i64(8).i32(0).i64(0))
            .tensor(bytes().str("b").i32(1).i64(8).i32(0).i64(0))
            .data(64),
        "tensor b",
        "no overlap with tensor a");
    add(
        "a tensor that begins inside another",
        keysOnly()
            .tensor(bytes().str("a").i32(1).i64(16).i32(0).i64(0))
            .tensor(bytes().str("b").i32(1).i64(8).i32(0).i64(32))
            .data(64),
        "tensor b",
        "overlap with tensor a");
    add(
        "a later tensor that runs into an earlier one",
        keysOnly()
            .tensor(bytes().str("a").i32(1).i64(8).i32(0).i64(64))
            .tensor(bytes().str("b").i32(1).i64(24).i32(0).i64(0))
            .data(96),
        "tensor a",
        "overlap with tensor b");
    add(
        "one byte of overlap",
        keysOnly()
            .tensor(bytes().str("a").i32(1).i64(33).i32(24).i64(0))
            .tensor(bytes().str("b").i32(1).i64(8).i32(24).i64(32))
            .data(64),
        "tensor b",
        "overlap with tensor a");
    add(
        "the file ends before the offset",
        valid().tensor(bytes().str("tensor.t").i32(1).i64(8).i32(0)).header(),
        "tensor tensor.t",
        "offset",
        "truncated");
  }

  private void splits() {
    add(
        "one part of two in memory",
        withKey(bytes().str("split.count").i32(2).u8(2, 0)),
        "part of 2");
    add(
        "a count of parts in words",
        withKey(bytes().str("split.count").i32(STRING).str("two")),
        "key split.count = \"two\"");
    add(
        "a negative count of parts",
        withKey(bytes().str("split.count").i32(I32).i32(-1)),
        "key split.count = i32 -1");
    add(
        "65536 parts",
        withKey(bytes().str("split.count").i32(U32).i32(65536)),
        "split.count = u32 65536",
        "65535");
  }
}
