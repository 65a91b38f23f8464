/** Products on NVIDIA GPUs by libmyelin-cuda, where that is built and a device is. */
package dev.myelin.cuda;
