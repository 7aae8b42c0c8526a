// SPDX-License-Identifier: MIT
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Phi4.Architecture.Tests.PublicApi;

/// <summary>Everything that others can name in an assembly, a line each, in an order that does not depend on the compiler.</summary>
internal static class PublicApiText
{
    private const SymbolDisplayGenericsOptions Generics =
        SymbolDisplayGenericsOptions.IncludeTypeParameters | SymbolDisplayGenericsOptions.IncludeVariance | SymbolDisplayGenericsOptions.IncludeTypeConstraints;

    private const SymbolDisplayMiscellaneousOptions Spelling =
        SymbolDisplayMiscellaneousOptions.UseSpecialTypes | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier;

    private static readonly SymbolDisplayFormat TypeFormat = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces, genericsOptions: Generics, miscellaneousOptions: Spelling);

    private static readonly SymbolDisplayFormat MemberFormat = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        genericsOptions: Generics,
        memberOptions: SymbolDisplayMemberOptions.IncludeAccessibility | SymbolDisplayMemberOptions.IncludeModifiers | SymbolDisplayMemberOptions.IncludeParameters
            | SymbolDisplayMemberOptions.IncludeType | SymbolDisplayMemberOptions.IncludeRef | SymbolDisplayMemberOptions.IncludeConstantValue,
        parameterOptions: SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeName | SymbolDisplayParameterOptions.IncludeDefaultValue
            | SymbolDisplayParameterOptions.IncludeParamsRefOut | SymbolDisplayParameterOptions.IncludeExtensionThis,
        propertyStyle: SymbolDisplayPropertyStyle.ShowReadWriteDescriptor,
        kindOptions: SymbolDisplayKindOptions.IncludeMemberKeyword,
        miscellaneousOptions: Spelling);

    /// <summary>The public face of an assembly that is among <paramref name="references"/>; null if it is not there.</summary>
    public static string? Of(string assemblyName, IEnumerable<MetadataReference> references)
    {
        var compilation = CSharpCompilation.Create("Reader", references: references, options: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        var assembly = compilation.References.Select(compilation.GetAssemblyOrModuleSymbol).OfType<IAssemblySymbol>().FirstOrDefault(a => a.Name == assemblyName);
        return assembly is null ? null : Of(assembly);
    }

    public static string Of(IAssemblySymbol assembly)
    {
        var text = new StringBuilder();
        foreach (var type in Types(assembly.GlobalNamespace).OrderBy(type => type.ToDisplayString(TypeFormat), StringComparer.Ordinal))
        {
            text.Append(Header(type)).Append('\n');
            foreach (var line in Members(type).Order(StringComparer.Ordinal))
                text.Append("    ").Append(line).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol parent)
    {
        foreach (var member in parent.GetMembers())
        {
            if (member is INamespaceSymbol space)
            {
                foreach (var type in Types(space))
                    yield return type;
            }
            else if (member is INamedTypeSymbol type && IsVisible(type))
            {
                yield return type;
                foreach (var nested in Types(type))
                    yield return nested;
            }
        }
    }

    private static string Header(INamedTypeSymbol type)
    {
        var words = new List<string>();
        if (type.IsStatic)
            words.Add("static");
        else if (type is { TypeKind: TypeKind.Class, IsAbstract: true })
            words.Add("abstract");
        else if (type is { TypeKind: TypeKind.Class, IsSealed: true })
            words.Add("sealed");
        if (type.IsReadOnly)
            words.Add("readonly");
        if (type.IsRecord)
            words.Add("record");
        words.Add(type.TypeKind.ToString().ToLowerInvariant());
        words.Add(type.ToDisplayString(TypeFormat));
        if (type is { TypeKind: TypeKind.Delegate, DelegateInvokeMethod: { } invoke })
            words.Add(invoke.ToDisplayString(MemberFormat));
        var bases = type.Interfaces
            .Where(face => !(face.Name == "IEquatable" && SymbolEqualityComparer.Default.Equals(face.TypeArguments[0], type)))
            .Select(face => face.ToDisplayString(TypeFormat)).Order(StringComparer.Ordinal).ToList();
        if (type is { TypeKind: TypeKind.Class, BaseType: { SpecialType: not SpecialType.System_Object } ancestor })
            bases.Insert(0, ancestor.ToDisplayString(TypeFormat));
        return string.Join(' ', words) + (bases.Count == 0 || type.TypeKind is TypeKind.Enum or TypeKind.Delegate ? "" : " : " + string.Join(", ", bases));
    }

    private static IEnumerable<string> Members(INamedTypeSymbol type) =>
        type.TypeKind == TypeKind.Delegate ? [] : type.GetMembers().Where(IsSaid).Select(member => member.ToDisplayString(MemberFormat));

    // What the compiler adds to a record, and the accessors of properties, are said by the record and the property.
    private static bool IsSaid(ISymbol member) =>
        member is not INamedTypeSymbol && IsVisible(member) && !member.IsImplicitlyDeclared && !member.Name.Contains('<', StringComparison.Ordinal)
        && member.Name != "EqualityContract" && member is not IMethodSymbol { AssociatedSymbol: not null }
        && !(member is IMethodSymbol && member.GetAttributes().Any(attribute => attribute.AttributeClass?.Name == "CompilerGeneratedAttribute"));

    private static bool IsVisible(ISymbol symbol) =>
        symbol.DeclaredAccessibility == Accessibility.Public
        || (symbol.DeclaredAccessibility is Accessibility.Protected or Accessibility.ProtectedOrInternal && symbol.ContainingType is not { IsSealed: true });
}
