// SPDX-License-Identifier: MIT
using System.Globalization;
using BenchmarkDotNet.Running;
using Phi4.Benchmarks.Kernels;

if (args is ["shares", .. var rest])
    KernelShares.Run(rest is [var threads] ? int.Parse(threads, CultureInfo.InvariantCulture) : Environment.ProcessorCount);
else
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
