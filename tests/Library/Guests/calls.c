// A guest with a function for each kind of value, and for each way to go wrong.
#include <kvmactors.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void raise_fault(void);

struct point { double x, y; int32_t id; };

static int counter;
static unsigned char buffer[70000];
static struct kvmactors_import query = { "Query", "i(s)", -1 }, unknown = { "Nobody", "v()", -1 }, blocks = { "Blocks", "B(BxdbS24;)", -1 };

KVMACTORS_FUNCTION(empty, "v()") { (void)call; }
KVMACTORS_FUNCTION(count, "i()") { kvmactors_return_i32(call, ++counter); }

KVMACTORS_FUNCTION(score, "i(B)")
{
    struct kvmactors_bytes payload = kvmactors_get_bytes(call);
    int sum = 0;

    for (uint64_t i = 0; i < payload.length; i++)
        sum += payload.data[i];
    kvmactors_return_i32(call, sum);
}

KVMACTORS_FUNCTION(greet, "s(s)")
{
    char greeting[300];
    struct kvmactors_text name = kvmactors_get_text(call);

    snprintf(greeting, sizeof(greeting), "hello %s", name.data);
    kvmactors_return_text(call, greeting);
}

KVMACTORS_FUNCTION(sum, "x(cynqiuxtb)")
{
    int64_t sum = kvmactors_get_i8(call);

    sum += kvmactors_get_u8(call);
    sum += kvmactors_get_i16(call);
    sum += kvmactors_get_u16(call);
    sum += kvmactors_get_i32(call);
    sum += kvmactors_get_u32(call);
    sum += kvmactors_get_i64(call);
    sum += (int64_t)kvmactors_get_u64(call);
    sum += kvmactors_get_bool(call);
    kvmactors_return_i64(call, sum);
}

KVMACTORS_FUNCTION(scale, "d(fd)")
{
    float factor = kvmactors_get_float(call);
    double value = kvmactors_get_double(call);

    kvmactors_put_double(call, factor * value);
}

KVMACTORS_FUNCTION(mirror, "S24;(S24;)")
{
    struct point point, swapped;

    memset(&swapped, 0, sizeof(swapped));
    kvmactors_get_struct(call, &point, sizeof(point));
    swapped.x = point.y;
    swapped.y = point.x;
    swapped.id = -point.id;
    kvmactors_return_struct(call, &swapped, sizeof(swapped));
}

KVMACTORS_FUNCTION(repeat, "B(Bi)")
{
    struct kvmactors_bytes piece = kvmactors_get_bytes(call);
    int32_t times = kvmactors_get_i32(call);
    uint64_t length = 0;

    for (int32_t i = 0; i < times && length + piece.length <= sizeof(buffer); i++, length += piece.length)
        memcpy(buffer + length, piece.data, piece.length);
    kvmactors_return_bytes(call, buffer, length);
}

KVMACTORS_FUNCTION(fail, "v(s)")
{
    char message[200];
    struct kvmactors_text why = kvmactors_get_text(call);

    snprintf(message, sizeof(message), "no: %s", why.data);
    kvmactors_fail(call, message);
}

KVMACTORS_FUNCTION(ask, "i(s)")
{
    struct kvmactors_text key = kvmactors_get_text(call);
    struct kvmactors_call asked;
    int status;

    kvmactors_begin(&asked, buffer, sizeof(buffer));
    kvmactors_put_text(&asked, key.data);
    status = kvmactors_invoke(&asked, strcmp(key.data, "nobody") ? &query : &unknown);
    if (status == 0) {
        kvmactors_return_i32(call, kvmactors_get_i32(&asked));
    } else {
        struct kvmactors_bytes message = kvmactors_error(&asked);
        char text[300];

        snprintf(text, sizeof(text), "%d %.*s", status, status == 1 ? (int)message.length : 0, message.data);
        kvmactors_fail(call, text);
    }
}

KVMACTORS_FUNCTION(exchange, "B(B)")
{
    struct kvmactors_bytes bytes = kvmactors_get_bytes(call);
    struct kvmactors_call asked;
    struct point point = { 1.5, -2, 3 };

    kvmactors_begin(&asked, buffer, sizeof(buffer));
    kvmactors_put_bytes(&asked, bytes.data, bytes.length);
    kvmactors_put_i64(&asked, -5);
    kvmactors_put_double(&asked, 0.25);
    kvmactors_put_bool(&asked, 1);
    kvmactors_put_struct(&asked, &point, sizeof(point));
    if (kvmactors_invoke(&asked, &blocks) == 0) {
        bytes = kvmactors_get_bytes(&asked);
        kvmactors_return_bytes(call, bytes.data, bytes.length);
    } else {
        kvmactors_fail(call, "exchange");
    }
}

KVMACTORS_FUNCTION(lie, "s()") { kvmactors_put_u64(call, 1000); }     // a length, and no text
KVMACTORS_FUNCTION(crash, "v()") { (void)call; raise_fault(); }
KVMACTORS_FUNCTION(leave, "v(i)") { exit(kvmactors_get_i32(call)); }
KVMACTORS_FUNCTION(spin, "v()") { (void)call; for (;;) __asm__ volatile(""); }
KVMACTORS_FUNCTION(nap, "v()") { (void)call; sleep(100); }

KVMACTORS_FUNCTION(open, "i(s)")
{
    struct kvmactors_text path = kvmactors_get_text(call);

    kvmactors_return_i32(call, open(path.data, O_RDONLY));
}

int main(int argc, char **argv)
{
    if (argc > 1)
        counter = atoi(argv[1]);
    puts("ready");
    fflush(stdout);
    return -kvmactors_serve();
}
