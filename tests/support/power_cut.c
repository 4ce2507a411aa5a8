/* Keeps what is on disk for certain: whenever a file of a store was synced, copies it as it is then
 * into the folder $SYNCED. What is written afterwards and not synced is not in the copy, as after a
 * power cut. Loaded into a process with LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void keep(int file)
{
    char link[64], path[4096], copy[8192], part[8192], bytes[65536];
    const char *folder = getenv("SYNCED");
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (folder == NULL || length <= 0)
        return;
    path[length] = 0;
    const char *name = strrchr(path, '/');
    if (name == NULL || strncmp(name, "/deck.db", 8) != 0)
        return;
    snprintf(copy, sizeof copy, "%s%s", folder, name);
    snprintf(part, sizeof part, "%s.part", copy);
    int out = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    off_t offset = 0;
    while (out >= 0 && (length = pread(file, bytes, sizeof bytes, offset)) > 0) {
        if (write(out, bytes, length) != length)
            abort();
        offset += length;
    }
    close(out);
    rename(part, copy);
}

int fdatasync(int file)
{
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int outcome = sync(file);
    if (outcome == 0)
        keep(file);
    return outcome;
}

int fsync(int file)
{
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    int outcome = sync(file);
    if (outcome == 0)
        keep(file);
    return outcome;
}
