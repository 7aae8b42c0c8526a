// SPDX-License-Identifier: MIT
// Products of warpgroups: kernels/machine/warpgroup_products.cuh.
#include <cstring>

#include "scheduler.h"

namespace emulator {

namespace {

Accumulators* find(std::vector<Accumulators>& all, const float* registers)
{
    for (Accumulators& one : all)
        if (one.registers == registers) return &one;
    return nullptr;
}

}  // namespace

void begin_products()
{
    scheduler.self().mayMultiply = true;
}

void queue_product(const Product& product)
{
    EmulatedThread& self = scheduler.self();
    if (!self.mayMultiply) scheduler.fail(product.site, "a group of products begins without a fence");
    self.productCount++;
    AskedProduct asked = {product, {}};
    if (product.a) std::memcpy(asked.a, product.a, sizeof asked.a);
    self.openProducts.push_back(asked);
    Accumulators* under = find(self.accumulators, product.d);
    if (!under) {
        self.accumulators.push_back({product.d, std::vector<float>(product.d, product.d + product.numbers), 0});
        under = &self.accumulators.back();
        std::memset(product.d, 0xFF, under->values.size() * sizeof(float));
    }
    under->products++;
}

void commit_products()
{
    EmulatedThread& self = scheduler.self();
    self.mayMultiply = false;
    self.productGroups.push_back(std::move(self.openProducts));
    self.openProducts.clear();
}

float* take_product(int groupsLeft, Product* product)
{
    EmulatedThread& self = scheduler.self();
    while (self.productGroups.size() > static_cast<std::size_t>(groupsLeft)) {
        auto& group = self.productGroups.front();
        if (group.empty()) {
            self.productGroups.erase(self.productGroups.begin());
            continue;
        }
        const AskedProduct asked = group.front();
        group.erase(group.begin());
        *product = asked.product;
        if (product->a && std::memcmp(asked.a, product->a, sizeof asked.a) != 0) scheduler.fail(product->site, "an operand's registers changed while this product was under way");
        Accumulators* under = find(self.accumulators, product->d);
        under->products--;
        return under->values.data();
    }
    return nullptr;
}

// The four lanes that share rows of A give each other their parts.
void gather_rows(const Product& product, float (&rows)[2][16])
{
    EmulatedThread& self = scheduler.self();
    for (unsigned i = 0; i < 4; i++) self.registers.words[i] = product.a ? product.a[i] : 0;
    scheduler.complete = [](EmulatedThread* lanes[Lanes]) {
        for (unsigned i = 0; i < Lanes; i++)
            for (unsigned q = 0; q < 4; q++)
                for (unsigned j = 0; j < 4; j++) lanes[i]->gathered[q][j] = lanes[i / 4 * 4 + q]->registers.words[j];
    };
    scheduler.wait_for(Wait::Product, product.site);
    for (unsigned q = 0; q < 4; q++)
        for (unsigned j = 0; j < 4; j++)
            for (unsigned half = 0; half < 2; half++)
                rows[j % 2][q * 2 + j / 2 * 8 + half] = product.widen(static_cast<std::uint16_t>(self.gathered[q][j] >> 16 * half));
}

// Accumulators that no product adds to any more are the thread's again.
void settle_products()
{
    EmulatedThread& self = scheduler.self();
    for (std::size_t i = 0; i < self.accumulators.size();) {
        Accumulators& one = self.accumulators[i];
        if (one.products != 0) {
            i++;
            continue;
        }
        for (std::size_t k = 0; k < one.values.size(); k++)
            if (__builtin_bit_cast(unsigned, one.registers[k]) != ~0u) scheduler.fail({"a product", 0}, "accumulators were written while a product was under way");
        std::memcpy(one.registers, one.values.data(), one.values.size() * sizeof(float));
        self.accumulators.erase(self.accumulators.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

}  // namespace emulator
