/** Matmuls on NVIDIA GPUs by libmyelin-cuda, if it is built and a device is present. */
@NullMarked
package dev.myelin.cuda;

import org.jspecify.annotations.NullMarked;
