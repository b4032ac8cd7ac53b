#include <kvmactors.hpp>

#include <numeric>

struct point { double x, y; int id; };
enum class color : unsigned char { red, green };

static kvmactors::host_function<int(std::string_view)> query{"Query"};

int score(std::span<const std::byte> payload)
{
    return std::accumulate(payload.begin(), payload.end(), 0, [](int sum, std::byte value) { return sum + static_cast<int>(value); });
}

std::string greet(std::string_view name) { return "hello " + std::string(name); }
point mirror(point from) { return {from.y, from.x, -from.id}; }
color next(color from) { return from == color::red ? color::green : color::red; }
std::vector<std::byte> echo(std::vector<std::byte> bytes) { return bytes; }
void fail(std::string why) { throw std::runtime_error("no: " + why); }
int ask(std::string_view key) { return query(key); }

KVMACTORS_EXPORT(score)
KVMACTORS_EXPORT(greet)
KVMACTORS_EXPORT(mirror)
KVMACTORS_EXPORT(next)
KVMACTORS_EXPORT(echo)
KVMACTORS_EXPORT(fail)
KVMACTORS_EXPORT(ask)

int main() { return -kvmactors_serve(); }
