/** libmyelin, libmyelin-cuda and the C library's memory behind calls that check and throw. */
package dev.myelin.natives;
