// SPDX-License-Identifier: MIT
using System.Globalization;
using Phi4;
using Phi4.Quality;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
try
{
    if (args.Length == 0 || args is ["--help" or "-h"])
    {
        Console.WriteLine(Arguments.Help);
        return args.Length == 0 ? 2 : 0;
    }

    Arguments arguments = Arguments.Parse(args);
    using var scratch = new ScratchFolder();
    if (arguments.Linears)
    {
        await LinearTable.PrintAsync(arguments, scratch.Path);
    }
    else
    {
        await ModelTable.PrintAsync(arguments, scratch.Path);
    }

    return 0;
}
catch (Exception e) when (e is Phi4Exception or ArgumentException or IOException or UnauthorizedAccessException or InvalidOperationException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
