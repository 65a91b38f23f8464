/** Matmuls on NVIDIA GPUs by libmyelin-cuda, if it is built and a device is present. */
package dev.myelin.cuda;
