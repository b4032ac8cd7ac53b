// Functions that a guest has for the program that embeds it, and the other way round. For C11; kvmactors.hpp is for C++20.
//
//     #include <kvmactors.h>
//
//     KVMACTORS_FUNCTION(score, "i(B)")
//     {
//         struct kvmactors_bytes payload = kvmactors_get_bytes(call);
//
//         kvmactors_return_i32(call, compute(payload.data, payload.length));
//     }
//
//     int main(void) { return kvmactors_serve(); }
//
// A program under the guest kernel needs nothing else, whatever C library it has, or none. A bare guest defines KVMACTORS_BARE first.
//
// Four calls. A program makes them as system calls (RAX = number, RDI, RSI, RDX = arguments), a bare guest by `out dx, eax` to a port, EAX =
// guest-physical address of u64[3], the arguments. The result is in RAX: a value from 0, or a negative errno.
//
//     NEXT    buffer, capacity, phase    Phase 1: the buffer holds the answer of the function that was called; phase 0: none was. Waits for a
//                                        call. The function's number, and the buffer holds the call. -EINTR after a signal: again.
//     EXPORT  rows, count, 0             Names the functions, in the order of their numbers: {u64 name, u64 signature} each, addresses of
//                                        NUL-terminated texts of at most 128 bytes. At most 256. 0.
//     IMPORT  name, signature, 0         The number of a function of the host's. -ENOENT for none of that name, -EINVAL for other types.
//     INVOKE  number, buffer, capacity   Calls it: the buffer holds the call, and then the answer. 0; -ERANGE when the answer does not fit,
//                                        which has so many bytes as the header says. All of the buffer must be there to be written.
//
// A buffer begins with a header, {u32 status, u32 0, u64 bytes}. Status 0: arguments or an answer follow. Status 1: the message of an error
// follows, in UTF-8. Values are little-endian, and each begins at a multiple of 8 bytes from the first: numbers, of 8 bytes, extended by
// their sign; texts, {u64 bytes, UTF-8, NUL}; blocks, {u64 bytes, the bytes}; structures, as they are in memory.
//
// A signature is the answer's type and, in parentheses, those of the arguments: c int8, y uint8, n int16, q uint16, i int32, u uint32, x int64,
// t uint64, b bool, f float, d double, s text, B block, S24; a structure of 24 bytes, v nothing (of an answer).
#ifndef KVMACTORS_H
#define KVMACTORS_H

#define KVMACTORS_CALL_NEXT          0
#define KVMACTORS_CALL_EXPORT        1
#define KVMACTORS_CALL_IMPORT        2
#define KVMACTORS_CALL_INVOKE        3
#define KVMACTORS_SYSCALL       0x6B766D00      // the number of NEXT; the others follow
#define KVMACTORS_PORT          0x8040          // its port
#define KVMACTORS_NAME_BYTES    128
#define KVMACTORS_FUNCTIONS     256

#ifndef KVMACTORS_BUFFER_BYTES
#define KVMACTORS_BUFFER_BYTES  65536           // the longest call or answer, its header included
#endif

#include <stdint.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kvmactors_header {
    uint32_t status, reserved;
    uint64_t length;
};

struct kvmactors_bytes {
    const unsigned char *data;
    uint64_t length;
};

struct kvmactors_text {
    const char *data;                           // NUL-terminated
    uint64_t length;
};

// A call on its way, in either direction. Arguments are read where they are, and the answer is written over them: read first.
struct kvmactors_call {
    unsigned char *buffer;
    uint64_t capacity;
    uint64_t at;                                // of the next value to read, from the first
    uint64_t length;                            // of what there is to read
    uint64_t written;
    int failed;                                 // more was read or written than there is
};

struct kvmactors_function {
    const char *name, *signature;
    void (*run)(struct kvmactors_call *call);
};

static inline long kvmactors_request(unsigned which, uint64_t first, uint64_t second, uint64_t third)
{
    long result;
#ifdef KVMACTORS_BARE
    uint64_t arguments[3] = { first, second, third };

    __asm__ volatile("outl %%eax, %%dx" : "=a"(result)
                     : "a"((uint64_t)(uintptr_t)arguments), "d"((uint64_t)(KVMACTORS_PORT + which)) : "memory");
#else
    __asm__ volatile("syscall" : "=a"(result)
                     : "a"((uint64_t)KVMACTORS_SYSCALL + which), "D"(first), "S"(second), "d"(third) : "rcx", "r11", "memory");
#endif
    return result;
}

// Eight bytes wherever they are: every instruction of a bare guest may be emulated, and few of them are what a call costs there.
typedef uint64_t kvmactors_word __attribute__((may_alias, aligned(1)));

static inline uint64_t kvmactors_load(const void *from)
{
    return *(const kvmactors_word *)from;
}

static inline void kvmactors_store(void *to, uint64_t value)
{
    *(kvmactors_word *)to = value;
}

static inline void kvmactors_copy(void *to, const void *from, uint64_t bytes)
{
    unsigned char *target = (unsigned char *)to;
    const unsigned char *source = (const unsigned char *)from;

    // Not loops that a compiler makes calls of memcpy: there may be none.
    for (; bytes >= sizeof(uint64_t); bytes -= sizeof(uint64_t)) {
        kvmactors_store(target, kvmactors_load(source));
        target += sizeof(uint64_t);
        source += sizeof(uint64_t);
        __asm__ volatile("" ::: "memory");
    }
    while (bytes--) {
        *target++ = *source++;
        __asm__ volatile("" ::: "memory");
    }
}

static inline uint64_t kvmactors_length(const char *text)
{
    uint64_t length = 0;

    while (text[length]) {
        length++;
        __asm__ volatile("" ::: "memory");
    }
    return length;
}

static inline uint64_t kvmactors_aligned(uint64_t bytes)
{
    return (bytes + 7) & ~(uint64_t)7;
}

// Reading: what is not there reads as 0, and the call fails.

static inline const unsigned char *kvmactors_take(struct kvmactors_call *call, uint64_t bytes)
{
    uint64_t left = call->length - call->at;
    const unsigned char *taken = call->buffer + sizeof(struct kvmactors_header) + call->at;

    if (bytes > left || kvmactors_aligned(bytes) > left) {
        call->failed = 1;
        return NULL;
    }
    call->at += kvmactors_aligned(bytes);
    return taken;
}

static inline uint64_t kvmactors_get_u64(struct kvmactors_call *call)
{
    const unsigned char *bytes = kvmactors_take(call, sizeof(uint64_t));

    return bytes ? kvmactors_load(bytes) : 0;
}

static inline int64_t kvmactors_get_i64(struct kvmactors_call *call) { return (int64_t)kvmactors_get_u64(call); }
static inline uint32_t kvmactors_get_u32(struct kvmactors_call *call) { return (uint32_t)kvmactors_get_u64(call); }
static inline int32_t kvmactors_get_i32(struct kvmactors_call *call) { return (int32_t)kvmactors_get_u64(call); }
static inline uint16_t kvmactors_get_u16(struct kvmactors_call *call) { return (uint16_t)kvmactors_get_u64(call); }
static inline int16_t kvmactors_get_i16(struct kvmactors_call *call) { return (int16_t)kvmactors_get_u64(call); }
static inline uint8_t kvmactors_get_u8(struct kvmactors_call *call) { return (uint8_t)kvmactors_get_u64(call); }
static inline int8_t kvmactors_get_i8(struct kvmactors_call *call) { return (int8_t)kvmactors_get_u64(call); }
static inline int kvmactors_get_bool(struct kvmactors_call *call) { return kvmactors_get_u64(call) != 0; }

#if !defined(KVMACTORS_BARE) || defined(__SSE2__)
static inline float kvmactors_get_float(struct kvmactors_call *call)
{
    uint32_t bits = kvmactors_get_u32(call);
    float value;

    kvmactors_copy(&value, &bits, sizeof(value));
    return value;
}

static inline double kvmactors_get_double(struct kvmactors_call *call)
{
    uint64_t bits = kvmactors_get_u64(call);
    double value;

    kvmactors_copy(&value, &bits, sizeof(value));
    return value;
}
#endif

static inline struct kvmactors_bytes kvmactors_get_bytes(struct kvmactors_call *call)
{
    struct kvmactors_bytes bytes;

    bytes.length = kvmactors_get_u64(call);
    bytes.data = kvmactors_take(call, bytes.length);
    if (!bytes.data)
        bytes.length = 0;
    return bytes;
}

static inline struct kvmactors_text kvmactors_get_text(struct kvmactors_call *call)
{
    struct kvmactors_text text;
    const unsigned char *data;

    text.length = kvmactors_get_u64(call);
    data = text.length == UINT64_MAX ? NULL : kvmactors_take(call, text.length + 1);
    text.data = (const char *)data;
    if (!data || data[text.length]) {
        call->failed = 1;
        text.data = "";
        text.length = 0;
    }
    return text;
}

static inline void kvmactors_get_struct(struct kvmactors_call *call, void *value, uint64_t bytes)
{
    const unsigned char *data = kvmactors_take(call, bytes);

    if (data)
        kvmactors_copy(value, data, bytes);
}

// Writing: what does not fit is left out, and the call fails.

static inline unsigned char *kvmactors_make(struct kvmactors_call *call, uint64_t bytes)
{
    uint64_t room = call->capacity - sizeof(struct kvmactors_header) - call->written, aligned = kvmactors_aligned(bytes);
    unsigned char *made = call->buffer + sizeof(struct kvmactors_header) + call->written;

    if (bytes > room || aligned > room) {
        call->failed = 1;
        return NULL;
    }
    for (uint64_t i = bytes; i < aligned; i++)
        made[i] = 0;
    call->written += aligned;
    return made;
}

static inline void kvmactors_put_u64(struct kvmactors_call *call, uint64_t value)
{
    unsigned char *made = kvmactors_make(call, sizeof(value));

    if (made)
        kvmactors_store(made, value);
}

static inline void kvmactors_put_i64(struct kvmactors_call *call, int64_t value) { kvmactors_put_u64(call, (uint64_t)value); }
static inline void kvmactors_put_i32(struct kvmactors_call *call, int32_t value) { kvmactors_put_i64(call, value); }
static inline void kvmactors_put_u32(struct kvmactors_call *call, uint32_t value) { kvmactors_put_u64(call, value); }
static inline void kvmactors_put_bool(struct kvmactors_call *call, int value) { kvmactors_put_u64(call, value != 0); }

#if !defined(KVMACTORS_BARE) || defined(__SSE2__)
static inline void kvmactors_put_float(struct kvmactors_call *call, float value)
{
    uint32_t bits;

    kvmactors_copy(&bits, &value, sizeof(bits));
    kvmactors_put_u64(call, bits);
}

static inline void kvmactors_put_double(struct kvmactors_call *call, double value)
{
    uint64_t bits;

    kvmactors_copy(&bits, &value, sizeof(bits));
    kvmactors_put_u64(call, bits);
}
#endif

static inline void kvmactors_put_struct(struct kvmactors_call *call, const void *value, uint64_t bytes)
{
    unsigned char *made = kvmactors_make(call, bytes);

    if (made)
        kvmactors_copy(made, value, bytes);
}

static inline void kvmactors_put_bytes(struct kvmactors_call *call, const void *data, uint64_t length)
{
    kvmactors_put_u64(call, length);
    kvmactors_put_struct(call, data, length);
}

static inline void kvmactors_put_text(struct kvmactors_call *call, const char *text)
{
    uint64_t length = kvmactors_length(text);

    kvmactors_put_u64(call, length);
    kvmactors_put_struct(call, text, length + 1);
}

// Answers: once, after all arguments were read.

static inline void kvmactors_return_i64(struct kvmactors_call *call, int64_t value) { kvmactors_put_i64(call, value); }
static inline void kvmactors_return_u64(struct kvmactors_call *call, uint64_t value) { kvmactors_put_u64(call, value); }
static inline void kvmactors_return_i32(struct kvmactors_call *call, int32_t value) { kvmactors_put_i32(call, value); }
static inline void kvmactors_return_u32(struct kvmactors_call *call, uint32_t value) { kvmactors_put_u32(call, value); }
static inline void kvmactors_return_bool(struct kvmactors_call *call, int value) { kvmactors_put_bool(call, value); }
static inline void kvmactors_return_text(struct kvmactors_call *call, const char *text) { kvmactors_put_text(call, text); }

static inline void kvmactors_return_bytes(struct kvmactors_call *call, const void *data, uint64_t length)
{
    kvmactors_put_bytes(call, data, length);
}

static inline void kvmactors_return_struct(struct kvmactors_call *call, const void *value, uint64_t bytes)
{
    kvmactors_put_struct(call, value, bytes);
}

static inline void kvmactors_end(struct kvmactors_call *call, uint32_t status, uint64_t length)
{
    kvmactors_store(call->buffer, status);
    kvmactors_store(call->buffer + sizeof(uint64_t), length);
}

// Answers with an error instead; nothing else counts afterwards.
static inline void kvmactors_fail(struct kvmactors_call *call, const char *message)
{
    uint64_t length = kvmactors_length(message), room = call->capacity - sizeof(struct kvmactors_header);

    if (length > room)
        length = room;
    kvmactors_copy(call->buffer + sizeof(struct kvmactors_header), message, length);
    kvmactors_end(call, 1, length);
    call->failed = 2;
}

// The functions of all files, in a section that the linker gives a beginning and an end.
#define KVMACTORS_FUNCTION(function, types) \
    static void kvmactors_run_##function(struct kvmactors_call *call); \
    static const struct kvmactors_function kvmactors_row_##function \
        __attribute__((section("kvmactors_functions"), used, aligned(8))) = { #function, types, kvmactors_run_##function }; \
    static void kvmactors_run_##function(struct kvmactors_call *call)

extern const struct kvmactors_function __start_kvmactors_functions[] __attribute__((weak, visibility("hidden")));
extern const struct kvmactors_function __stop_kvmactors_functions[] __attribute__((weak, visibility("hidden")));

// Serves calls until that cannot be done any more. Does not return, but with a negative errno: -ENOSYS (-38) where nobody serves NEXT.
static inline int kvmactors_serve_with(void *buffer, uint64_t capacity)
{
    const struct kvmactors_function *functions = __start_kvmactors_functions;
    uint64_t rows[KVMACTORS_FUNCTIONS][2], count = 0, phase = 0;
    long result;

    while (functions && functions + count < __stop_kvmactors_functions && count < KVMACTORS_FUNCTIONS) {
        rows[count][0] = (uint64_t)(uintptr_t)functions[count].name;
        rows[count][1] = (uint64_t)(uintptr_t)functions[count].signature;
        count++;
    }
    result = kvmactors_request(KVMACTORS_CALL_EXPORT, (uint64_t)(uintptr_t)rows, count, 0);
    while (result >= 0) {
        result = kvmactors_request(KVMACTORS_CALL_NEXT, (uint64_t)(uintptr_t)buffer, capacity, phase);
        if (result == -4) {                     // EINTR
            result = phase = 0;
        } else if (result >= 0) {
            struct kvmactors_call call = { (unsigned char *)buffer, capacity, 0, 0, 0, 0 };
            uint64_t length = kvmactors_load((unsigned char *)buffer + sizeof(uint64_t));

            call.length = length <= capacity - sizeof(struct kvmactors_header) ? length : 0;
            if ((uint64_t)result < count)
                functions[result].run(&call);
            else
                call.failed = 1;
            if (!call.failed)
                kvmactors_end(&call, 0, call.written);
            else if (call.failed == 1)
                kvmactors_fail(&call, "the function read or wrote more than its call has");
            phase = 1;
        }
    }
    return (int)result;
}

static inline int kvmactors_serve(void)
{
    static unsigned char buffer[KVMACTORS_BUFFER_BYTES] __attribute__((aligned(4096)));

    return kvmactors_serve_with(buffer, sizeof(buffer));
}

// The host's functions:
//
//     static struct kvmactors_import query = { "Query", "i(s)", -1 };
//     struct kvmactors_call call;
//
//     kvmactors_begin(&call, buffer, sizeof(buffer));
//     kvmactors_put_text(&call, "key");
//     if (kvmactors_invoke(&call, &query) == 0)
//         value = kvmactors_get_i32(&call);
//     else
//         message = kvmactors_error(&call);
struct kvmactors_import {
    const char *name, *signature;
    long number;                                // -1 at first
};

static inline void kvmactors_begin(struct kvmactors_call *call, void *buffer, uint64_t capacity)
{
    struct kvmactors_call begun = { (unsigned char *)buffer, capacity, 0, 0, 0, 0 };

    *call = begun;
    call->failed = capacity < sizeof(struct kvmactors_header);
}

// 0, and the answer can be read; 1 when the function failed (kvmactors_error); or a negative errno.
static inline int kvmactors_invoke(struct kvmactors_call *call, struct kvmactors_import *function)
{
    uint64_t length;
    long result;

    if (call->failed)
        return -34;                             // ERANGE: the arguments did not fit
    if (function->number < 0) {
        result = kvmactors_request(KVMACTORS_CALL_IMPORT, (uint64_t)(uintptr_t)function->name, (uint64_t)(uintptr_t)function->signature, 0);
        if (result < 0)
            return (int)result;
        function->number = result;
    }
    kvmactors_end(call, 0, call->written);
    result = kvmactors_request(KVMACTORS_CALL_INVOKE, (uint64_t)function->number, (uint64_t)(uintptr_t)call->buffer, call->capacity);
    if (result < 0)
        return (int)result;
    length = kvmactors_load(call->buffer + sizeof(uint64_t));
    call->at = call->written = 0;
    call->length = length <= call->capacity - sizeof(struct kvmactors_header) ? length : 0;
    return (uint32_t)kvmactors_load(call->buffer) ? 1 : 0;
}

// What a function that failed has to say; not NUL-terminated.
static inline struct kvmactors_bytes kvmactors_error(const struct kvmactors_call *call)
{
    struct kvmactors_bytes message = { call->buffer + sizeof(struct kvmactors_header), call->length };

    return message;
}

#ifdef __cplusplus
}
#endif

#endif
