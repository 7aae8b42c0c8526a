// SPDX-License-Identifier: MIT
// Bugs of kernels that have boxes copied and multiply by warpgroups: one small kernel, right and with each of them. Four warps multiply, a fifth
// has four boxes of [128, 64] copied through two stages of shared memory. A has a one in each row, so that
// output[row, column] = sum of box[column, row] over the boxes: fragments, operands and swizzling are all in it.
#include "kernels/cu.h"

#include "kernels/machine/conversions.cuh"
#include "kernels/formats.cuh"
#include "kernels/machine/dependent_launch.cuh"
#include "kernels/machine/barriers.cuh"
#include "kernels/machine/loads.cuh"
#include "kernels/machine/phases.cuh"
#include "kernels/machine/tensor_copies.cuh"
#include "kernels/machine/warpgroup_products.cuh"

#include "kernels/tests/planted_hopper.h"

enum class Bug { NoWaitForPhase, WrongPhase, NoWaitForProduct, NoFence, WrongSwizzle, EarlyRelease, WrongByteCount, WrongOperand, ChangedOperand, TouchedSums, MissingWarp, Misplaced };

constexpr int BoxBytes = 128 * 64 * 2, Stages = 2, Boxes = 4;

DEVICE void copy_boxes(const PlantedHopperParameters& p, Bug bug, u8* shared, Phases* full, Phases* empty)
{
    for (int i = 0; i < Boxes; i++) {
        if (i >= Stages) wait_for_phase(empty + i % Stages, (u32)(i / Stages - 1) & 1u);
        if (lane() != 0) continue;
        arrive_expecting(full + i % Stages, bug == Bug::WrongByteCount && p.planted ? BoxBytes / 2 : BoxBytes);
        u8* place = shared + i % Stages * BoxBytes + (bug == Bug::Misplaced && p.planted ? 128 : 0);
        copy_box_async(place, bug == Bug::WrongSwizzle && p.planted ? p.plainMap : p.map, 64 * i, 0, full + i % Stages);
    }
}

DEVICE void multiply_boxes(const PlantedHopperParameters& p, Bug bug, u8* shared, Phases* full, Phases* empty)
{
    const bool planted = p.planted != 0;
    const int g = (int)lane() / 4, q = (int)lane() % 4, row = 16 * (int)warp() + g;
    u32 a[4][4];
    UNROLL for (int k = 0; k < 4; k++)
        UNROLL for (int j = 0; j < 4; j++) {
            const int inRow = row + j % 2 * 8 - (16 * k + 2 * q + j / 2 * 8);
            a[k][j] = pack_bf16(inRow == 0 ? 1.0f : 0.0f, inRow == 1 ? 1.0f : 0.0f);
        }
    float d[PRODUCT_NUMBERS] = {};
    for (int i = 0; i < Boxes; i++) {
        if (bug != Bug::NoWaitForPhase || !planted) wait_for_phase(full + i % Stages, ((u32)(i / Stages) & 1u) ^ (bug == Bug::WrongPhase && planted ? 1u : 0u));
        const u64 operand = product_operand(shared + i % Stages * BoxBytes);
        if (bug != Bug::NoFence || !planted) begin_products();
        if (bug != Bug::MissingWarp || !planted || warp() != 2)
            UNROLL for (int k = 0; k < 4; k++) ask_for_product(Bf16(), d, a[k], product_operand_at(operand, (bug == Bug::WrongOperand && planted ? 8 : 16) * k));
        commit_products();
        if (bug == Bug::ChangedOperand && planted) a[0][0] ^= 1u;
        if (bug == Bug::TouchedSums && planted) d[5] = 0.0f;
        if (bug != Bug::EarlyRelease || !planted) {
            if (bug == Bug::NoWaitForProduct && planted) wait_for_products<1>();
            else wait_for_products<0>();
        }
        warp_barrier();
        if (lane() == 0) arrive(empty + i % Stages);
        if (bug == Bug::EarlyRelease && planted) wait_for_products<0>();
    }
    UNROLL for (int j = 0; j < PRODUCT_NUMBERS; j++) p.output[(row + j / 2 % 2 * 8) * 128 + j / 4 * 8 + 2 * q + j % 2] = d[j];
    wait_for_products<0>();
}

DEVICE void ring(const PlantedHopperParameters& p, Bug bug)
{
    begin_after_predecessor();
    SHARED(shared);
    Phases *full = reinterpret_cast<Phases*>(shared + Stages * BoxBytes), *empty = full + Stages;
    if (thread_index() == 0) {
        for (int i = 0; i < Stages; i++) {
            make_phases(full + i, 1);
            make_phases(empty + i, 4);
        }
        publish_phases();
    }
    block_barrier();
    if (warp() == 4) copy_boxes(p, bug, shared, full, empty);
    else multiply_boxes(p, bug, shared, full, empty);
}

KERNEL(no_wait_for_phase, PlantedHopperParameters, 160, 1) { ring(p, Bug::NoWaitForPhase); }
KERNEL(wrong_phase, PlantedHopperParameters, 160, 1) { ring(p, Bug::WrongPhase); }
KERNEL(no_wait_for_product, PlantedHopperParameters, 160, 1) { ring(p, Bug::NoWaitForProduct); }
KERNEL(no_fence, PlantedHopperParameters, 160, 1) { ring(p, Bug::NoFence); }
KERNEL(wrong_swizzle, PlantedHopperParameters, 160, 1) { ring(p, Bug::WrongSwizzle); }
KERNEL(early_release, PlantedHopperParameters, 160, 1) { ring(p, Bug::EarlyRelease); }
KERNEL(wrong_byte_count, PlantedHopperParameters, 160, 1) { ring(p, Bug::WrongByteCount); }
KERNEL(wrong_operand, PlantedHopperParameters, 160, 1) { ring(p, Bug::WrongOperand); }
KERNEL(changed_operand, PlantedHopperParameters, 160, 1) { ring(p, Bug::ChangedOperand); }
KERNEL(touched_sums, PlantedHopperParameters, 160, 1) { ring(p, Bug::TouchedSums); }
KERNEL(missing_warp_of_warpgroup, PlantedHopperParameters, 160, 1) { ring(p, Bug::MissingWarp); }
KERNEL(misplaced_box, PlantedHopperParameters, 160, 1) { ring(p, Bug::Misplaced); }
